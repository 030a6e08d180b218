-- KEYS[1] the session, KEYS[2] what was renewed for it last. ARGV[1] the hash of one of its refresh tokens,
-- or nothing.
-- Returns the session, 'ended', or '' where it is not known or has no such token; and what was renewed, or ''.

local value = redis.call('GET', KEYS[1]) or ''
if ARGV[1] == '' or value == '' or value == 'ended' then
  return {value, ''}
end
local session = cjson.decode(value)
local renewed = redis.call('GET', KEYS[2]) or ''
if session.current == ARGV[1] then
  return {value, renewed}
end
for _, used in ipairs(session.used) do
  if used[1] == ARGV[1] then
    return {value, renewed}
  end
end
return {'', ''}
