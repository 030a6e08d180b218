-- KEYS[1] when duties end. ARGV[1] the agent's id.
-- Returns 'ended', or 'absent' where the agent has no duty.

if not redis.call('ZSCORE', KEYS[1], ARGV[1]) then
  return 'absent'
end
end_at(KEYS[1], ARGV[1], now_ms())
return 'ended'
