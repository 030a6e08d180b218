-- ARGV[10] when the session began, or 0 where the caller does not know, ARGV[11] the time, both in ms since 1970.
-- Returns 'ended', or 'over' where it is known to have been over before.

local value = redis.call('GET', KEYS[1]) or ''
if value == 'ended' then
  return 'over'
end
local is_session, session = pcall(cjson.decode, value)
local begun = is_session and session.begun or tonumber(ARGV[10])
local over = over_until(ARGV[2])
local was_over = not is_session and over > 0 and over >= begun
finish(ARGV[1], ARGV[2], begun > 0 and begun or tonumber(ARGV[11]))
return was_over and 'over' or 'ended'
