-- `it.token` is the hash of one of its refresh tokens, or nothing where any session is looked for, `it.begun` when the
-- session began as that token says it, in ms since 1970, or nothing where it does not.
-- Returns how it is known, the session or 'ended', what was renewed, and how many ms ago. A token that says of which
-- session it is makes that known, used or not, and is 'lost' where the session is neither known nor over.

local value = redis.call('GET', KEYS[1]) or ''
if not it.token then
  return {'', value, '', 0}
end

-- Returns what was renewed as well; it is kept for as long as a session may rest.
local function with_renewed(how, session)
  return {how, session, redis.call('GET', KEYS[2]) or '', it.restMs - redis.call('PTTL', KEYS[2])}
end

if value == '' and it.begun and over_until(it.member) < it.begun then
  return with_renewed('lost', '')
elseif value == '' or value == 'ended' then
  return {'unknown', '', '', 0}
end
local session = cjson.decode(value)
local known = it.begun or session.current == it.token
for _, used in ipairs(session.used) do
  known = known or used[1] == it.token
end
if not known then
  return {'unknown', '', '', 0}
end
return with_renewed('known', value)
