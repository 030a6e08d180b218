-- `it.renewed` is what was renewed for the session and `it.graceMs` how long that is kept.
-- Returns 'kept', or 'ended'.

if redis.call('GET', KEYS[1]) == 'ended' then
  return 'ended'
end
redis.call('SET', KEYS[2], it.renewed, 'PX', it.graceMs)
return 'kept'
