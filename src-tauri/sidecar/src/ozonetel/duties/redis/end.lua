-- KEYS[1] when duties end, KEYS[2] the agent's. ARGV[1] the agent's id.
-- Returns 'ended', or 'absent' where the agent has no duty.

if redis.call('EXISTS', KEYS[2]) == 0 then
  return 'absent'
end
end_at(KEYS[1], ARGV[1], now_ms())
return 'ended'
