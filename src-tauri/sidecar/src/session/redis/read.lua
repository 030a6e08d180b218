-- ARGV[10] the hash of one of its refresh tokens, or nothing where any session is looked for, ARGV[11] when the
-- session began as that token says it, in ms since 1970, or 0 where it says nothing.
-- Returns how it is known, the session or 'ended', and what was renewed. A token that says of which session it is
-- makes that known, used or not, and is 'lost' where the session is neither known nor over.

local value = redis.call('GET', KEYS[1]) or ''
if not ARGV[10] then
  return {'', value, ''}
end
local says, begun = ARGV[11] ~= '0', tonumber(ARGV[11])
if value == '' and says and over_until(ARGV[2]) < begun then
  return {'lost', '', ''}
elseif value == '' or value == 'ended' then
  return {'unknown', '', ''}
end
local session = cjson.decode(value)
local known = says or session.current == ARGV[10]
for _, used in ipairs(session.used) do
  known = known or used[1] == ARGV[10]
end
if not known then
  return {'unknown', '', ''}
end
return {'known', value, redis.call('GET', KEYS[2]) or ''}
