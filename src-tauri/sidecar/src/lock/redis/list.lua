-- KEYS[1] the ids of all agents whose locks are held. ARGV[1] '-', or '[' or '(' with the id with or after
-- which the list begins, ARGV[2] how many, ARGV[3] what the keys of agents begin with.
-- Returns the last id that was looked at, or nothing where the list ends, then for each lock the agent's
-- id, the owner, and how many ms are left.

local ids = redis.call('ZRANGEBYLEX', KEYS[1], ARGV[1], '+', 'LIMIT', 0, ARGV[2])
local found = {#ids == tonumber(ARGV[2]) and ids[#ids] or ''}
for _, id in ipairs(ids) do
  -- They lie where KEYS[1] does: in a cluster all keys have the same hash tag.
  local value = redis.call('GET', ARGV[3] .. id)
  if value then
    table.insert(found, id)
    table.insert(found, value)
    table.insert(found, string.format('%.0f', redis.call('PTTL', ARGV[3] .. id)))
  else
    -- Its term has ended.
    redis.call('ZREM', KEYS[1], id)
  end
end
return found
