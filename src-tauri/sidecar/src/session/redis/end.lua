-- KEYS[1] the session, KEYS[2] its member's sessions, KEYS[3] what was renewed for it last. ARGV[1] its id, ARGV[2] how long it is remembered
-- that it has ended, in ms.

redis.call('SET', KEYS[1], 'ended', 'PX', ARGV[2])
redis.call('DEL', KEYS[3])
redis.call('ZREM', KEYS[2], ARGV[1])
return 'ended'
