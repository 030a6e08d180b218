-- ARGV[6] how long it is remembered that the session has ended, in ms.
-- Returns how it ended, nothing, and the holder where the lock stays.

local is_freed, is_agent, stays = false, false, nil
for at, key in ipairs(LOCKED) do
  local owner = holder(key)
  if owner and is_caller(owner) and owner.sessionId == ARGV[3] then
    redis.call('DEL', key)
    is_freed = true
    is_agent = is_agent or at == 1
  elseif owner then
    stays = owner.value
  end
end
redis.call('SET', MARK, '1', 'PX', ARGV[6])
ring()
if is_agent then
  redis.call('ZREM', LIST, ARGV[4])
end
if is_freed then
  return {'freed', '', ''}
end
return {stays and 'not_owner' or 'absent', '', stays or ''}
