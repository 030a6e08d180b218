-- ARGV[6] the term in ms, ARGV[7] the owner as JSON with the epoch 0 first, ARGV[8] what the keys of
-- sessions begin with, ARGV[9] what those of extensions do, ARGV[10] whom it may displace: 'nobody', 'member' for the
-- same member's other device, or 'granting' for the session that granted the ask with the id ARGV[11] and the version
-- ARGV[12]. A session that is displaced has that noted, so that it never has the lock again. Where the agent had
-- another extension until now, that is free.
-- Returns how it ended, the epoch as text, and the holder that stays or is displaced or refreshed.

if redis.call('EXISTS', MARK) == 1 then
  return {'ended', '', ''}
end

local granting = nil
if ARGV[10] == 'granting' then
  local is_json, ask = pcall(cjson.decode, redis.call('GET', ASK) or '')
  if is_json and type(ask) == 'table' and ask.id == ARGV[11] and ask.version == tonumber(ARGV[12]) then
    granting = ask
  end
end

local function may_displace(owner)
  -- By the rule of old clients a caller that names no device is any of its member's.
  if owner.memberId == ARGV[1] and (ARGV[10] == 'member' or ARGV[2] == '') then
    return true
  end
  return granting and owner.sessionId == granting.sessionId and owner.epoch == granting.epoch
end

-- Frees the extension that the agent had with the session of `owner`, if they are locked together and it is another one
-- by now. It lies where the lock does: in a cluster all keys have the same hash tag.
local function free_former(owner)
  if not owner or type(owner.extension) ~= 'string' or type(owner.sessionId) ~= 'string' then
    return
  end
  local former = ARGV[9] .. owner.extension
  local held = former ~= LOCKED[2] and holder(former)
  if held and held.sessionId == owner.sessionId and held.agent == ARGV[4] then
    redis.call('DEL', former)
  end
end

local own, displaced, last = nil, {}, 0
for _, key in ipairs(LOCKED) do
  local owner = holder(key)
  if owner then
    last = math.max(last, owner.epoch or 0)
    if not is_caller(owner) then
      if not may_displace(owner) then
        return {'busy', '', owner.value}
      end
      table.insert(displaced, owner)
    else
      own = own or owner.value
    end
  end
end

local time = redis.call('TIME')
-- The time in us, which no two acquisitions share; a clock that was set back gives no lower one.
local epoch = string.format('%.0f', math.max(time[1] * 1000000 + time[2], last + 1))
local value = string.gsub(ARGV[7], '"epoch":%d+', '"epoch":' .. epoch, 1)
free_former(holder(LOCKED[1]))
for _, owner in ipairs(displaced) do
  note_taken_over(ARGV[8], owner)
end
hold(value, ARGV[6])
ring()
if displaced[1] then
  return {'taken_over', epoch, displaced[1].value}
end
return {own and 'refreshed' or 'taken', epoch, own or ''}
