-- ARGV[10] when the session began, or 0 where the caller does not know, ARGV[11] the time, both in ms since 1970.

local value = redis.call('GET', KEYS[1]) or ''
if value ~= 'ended' then
  local is_session, session = pcall(cjson.decode, value)
  local begun = is_session and session.begun or tonumber(ARGV[10])
  finish(ARGV[1], ARGV[2], begun > 0 and begun or tonumber(ARGV[11]))
end
return 'ended'
