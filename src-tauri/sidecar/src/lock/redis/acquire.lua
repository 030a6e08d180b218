-- ARGV[4] the term in ms, ARGV[5] the owner as JSON with the epoch 0 first, ARGV[6] '1' to take over.
-- Returns how it ended, the epoch as text, and the holder that stays or is displaced.

if redis.call('EXISTS', MARK) == 1 then
  return {'ended', '', ''}
end

local is_held, displaced, last = false, nil, 0
for _, key in ipairs(LOCKED) do
  local owner = holder(key)
  if owner then
    is_held = true
    last = math.max(last, owner.epoch or 0)
    if not is_caller(owner) then
      if ARGV[6] ~= '1' or owner.memberId ~= ARGV[1] then
        return {'busy', '', owner.value}
      end
      displaced = displaced or owner.value
    end
  end
end

local time = redis.call('TIME')
-- The time in us, which no two acquisitions share; a clock that was set back gives no lower one.
local epoch = string.format('%.0f', math.max(time[1] * 1000000 + time[2], last + 1))
local value = string.gsub(ARGV[5], '"epoch":%d+', '"epoch":' .. epoch, 1)
for _, key in ipairs(LOCKED) do
  redis.call('SET', key, value, 'PX', ARGV[4])
end
if displaced then
  return {'taken_over', epoch, displaced}
end
return {is_held and 'refreshed' or 'taken', epoch, ''}
