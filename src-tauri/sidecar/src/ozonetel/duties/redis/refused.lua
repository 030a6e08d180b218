-- KEYS[1] when duties end, KEYS[2] the agent's. ARGV[1] the agent's id, ARGV[2] the id of the duty, ARGV[3]
-- how often it may be refused.
-- Returns 'noted', 'given_up' where that was the last time, or 'changed' where the agent has another one by
-- now, or none.

local is_json, duty = pcall(cjson.decode, redis.call('GET', KEYS[2]) or '')
if not is_json or type(duty) ~= 'table' or duty.id ~= ARGV[2] then
  return 'changed'
end
duty.refused = (duty.refused or 0) + 1
if duty.refused >= tonumber(ARGV[3]) then
  redis.call('DEL', KEYS[2])
  redis.call('ZREM', KEYS[1], ARGV[1])
  return 'given_up'
end
redis.call('SET', KEYS[2], cjson.encode(duty), 'KEEPTTL')
return 'noted'
