-- ARGV[4] the term in ms, ARGV[5] the owner as JSON, ARGV[6] the epoch since which it holds the lock.
-- Returns how it ended, nothing, and the holder where it is lost.

if redis.call('EXISTS', MARK) == 1 then
  return {'ended', '', ''}
end

local since = tonumber(ARGV[6])
local kept, is_displacing = nil, false
for _, key in ipairs(LOCKED) do
  local owner = holder(key)
  if owner and is_caller(owner) and (owner.epoch or since) >= since then
    -- A caller that names no device prolongs the lock of its member's device; the device stays.
    kept = kept or owner.value
  elseif owner and (is_caller(owner) or owner.epoch and owner.epoch < since) then
    -- This store has forgotten that the lock changed hands since.
    is_displacing = true
  elseif owner then
    return {'lost', '', owner.value}
  end
end

for _, key in ipairs(LOCKED) do
  redis.call('SET', key, kept or ARGV[5], 'PX', ARGV[4])
end
return {kept and not is_displacing and 'extended' or 'retaken', '', ''}
