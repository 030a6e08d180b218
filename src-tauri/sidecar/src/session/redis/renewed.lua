-- `it.renewed` is what was renewed for the session. It is kept for as long as the session may rest, from which `read.lua`
-- tells how old it is.
-- Returns 'kept', or 'ended'.

if redis.call('GET', KEYS[1]) == 'ended' then
  return 'ended'
end
redis.call('SET', KEYS[2], it.renewed, 'PX', it.restMs)
return 'kept'
