-- `it.begun` is when the session began, or nothing where the caller does not know, and `it.now` the time, both in ms
-- since 1970.
-- Returns 'ended', or 'over' where it is known to have been over before.

local value = redis.call('GET', KEYS[1]) or ''
if value == 'ended' then
  return 'over'
end
local is_session, session = pcall(cjson.decode, value)
local begun = is_session and session.begun or it.begun or 0
local over = over_until(it.member)
local was_over = not is_session and over > 0 and over >= begun
finish(it.id, it.member, begun > 0 and begun or it.now)
return was_over and 'over' or 'ended'
