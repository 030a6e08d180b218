-- KEYS[1] the session, KEYS[2] its member's sessions by the time of their last refresh.
-- ARGV[1] the session as JSON, ARGV[2] its id, ARGV[3] how long it may rest in ms, ARGV[4] sessions per
-- member, ARGV[5] what the keys of sessions begin with.

local now = now_ms()
redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[3])
redis.call('ZREMRANGEBYSCORE', KEYS[2], '-inf', now - ARGV[3])
redis.call('ZADD', KEYS[2], exact_now_ms(), ARGV[2])
redis.call('PEXPIRE', KEYS[2], ARGV[3])
local surplus = redis.call('ZCARD', KEYS[2]) - ARGV[4]
if surplus > 0 then
  -- They lie where KEYS[1] does: in a cluster all keys have the same hash tag.
  for _, id in ipairs(redis.call('ZRANGE', KEYS[2], 0, surplus - 1)) do
    redis.call('DEL', ARGV[5] .. id)
    redis.call('ZREM', KEYS[2], id)
  end
end
return 'begun'
