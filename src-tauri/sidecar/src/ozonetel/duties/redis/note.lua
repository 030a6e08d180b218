-- KEYS[1] when duties end, KEYS[2] the agent's. ARGV[1] the agent's id, ARGV[2] the duty as JSON, ARGV[3]
-- how long it lasts in ms, ARGV[4] how long it is kept after that in ms.

local kept = ARGV[3] + ARGV[4]
redis.call('SET', KEYS[2], ARGV[2], 'PX', string.format('%.0f', kept))
end_at(KEYS[1], ARGV[1], now_ms() + ARGV[3])
-- The set lives as long as the longest of its duties.
if redis.call('PTTL', KEYS[1]) < kept then
  redis.call('PEXPIRE', KEYS[1], string.format('%.0f', kept))
end
return 'noted'
