-- ARGV[6] the term in ms, ARGV[7] the owner as JSON with the epoch 0 first, ARGV[8] whom it may
-- displace: 'nobody', 'member' for the same member's other device, or 'granting' for the session that
-- granted the ask with the id ARGV[9] and the version ARGV[10].
-- Returns how it ended, the epoch as text, and the holder that stays or is displaced or refreshed.

if redis.call('EXISTS', MARK) == 1 then
  return {'ended', '', ''}
end

local granting = nil
if ARGV[8] == 'granting' then
  local is_json, ask = pcall(cjson.decode, redis.call('GET', ASK) or '')
  if is_json and type(ask) == 'table' and ask.id == ARGV[9] and ask.version == tonumber(ARGV[10]) then
    granting = ask
  end
end

local function may_displace(owner)
  if ARGV[8] == 'member' then
    return owner.memberId == ARGV[1]
  end
  return granting and owner.sessionId == granting.sessionId and owner.epoch == granting.epoch
end

local own, displaced, last = nil, nil, 0
for _, key in ipairs(LOCKED) do
  local owner = holder(key)
  if owner then
    last = math.max(last, owner.epoch or 0)
    if not is_caller(owner) then
      if not may_displace(owner) then
        return {'busy', '', owner.value}
      end
      displaced = displaced or owner.value
    else
      own = own or owner.value
    end
  end
end

local time = redis.call('TIME')
-- The time in us, which no two acquisitions share; a clock that was set back gives no lower one.
local epoch = string.format('%.0f', math.max(time[1] * 1000000 + time[2], last + 1))
local value = string.gsub(ARGV[7], '"epoch":%d+', '"epoch":' .. epoch, 1)
hold(value, ARGV[6])
ring()
if displaced then
  return {'taken_over', epoch, displaced}
end
return {own and 'refreshed' or 'taken', epoch, own or ''}
