-- ARGV[6] the term in ms, ARGV[7] the owner as JSON with the epoch 0 first, ARGV[8] what the keys of
-- sessions begin with, ARGV[9] whom it may displace: 'nobody', 'member' for the same member's other
-- device, or 'granting' for the session that granted the ask with the id ARGV[10] and the version ARGV[11].
-- A session that is displaced has that noted, so that it never has the lock again.
-- Returns how it ended, the epoch as text, and the holder that stays or is displaced or refreshed.

if redis.call('EXISTS', MARK) == 1 then
  return {'ended', '', ''}
end

local granting = nil
if ARGV[9] == 'granting' then
  local is_json, ask = pcall(cjson.decode, redis.call('GET', ASK) or '')
  if is_json and type(ask) == 'table' and ask.id == ARGV[10] and ask.version == tonumber(ARGV[11]) then
    granting = ask
  end
end

local function may_displace(owner)
  -- By the rule of old clients a caller that names no device is any of its member's.
  if owner.memberId == ARGV[1] and (ARGV[9] == 'member' or ARGV[2] == '') then
    return true
  end
  return granting and owner.sessionId == granting.sessionId and owner.epoch == granting.epoch
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
for _, owner in ipairs(displaced) do
  note_taken_over(ARGV[8], owner)
end
hold(value, ARGV[6])
ring()
if displaced[1] then
  return {'taken_over', epoch, displaced[1].value}
end
return {own and 'refreshed' or 'taken', epoch, own or ''}
