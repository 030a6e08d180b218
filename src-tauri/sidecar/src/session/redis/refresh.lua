-- `it.token` is the hash of the token that came, `it.device` the device that the caller names or nothing, `it.next` the
-- hash of the next token, `it.nextIssued` when that is issued and `it.begun` when the session began as it says, in ms
-- since 1970, `it.graceMs` how long a used token works, `it.remembered` how many used tokens are remembered. `it.issued`
-- is when the token that came was issued, and `it.again` the session with which it begins again as JSON, or nothing
-- where it says neither.
-- Returns how it ended, and the session where it is known.

local value = redis.call('GET', KEYS[1])
local now, says = now_ms(), it.issued ~= nil

if not value and says then
  local session = cjson.decode(it.again)
  if over_until(session.memberId) >= session.begun then
    return {'unknown', ''}
  end
  session.used = {{it.token, now}}
  begin(cjson.encode(session), session.memberId, exact_now_ms())
  return {'begun_again', ''}
elseif not value or value == 'ended' then
  return {'unknown', ''}
end
local session = cjson.decode(value)
local used_at = session.current == it.token and now or nil
for _, used in ipairs(session.used) do
  if used[1] == it.token then
    used_at = used[2]
  end
end
if not used_at and not says then
  return {'unknown', ''}
end
if it.device and session.deviceId ~= cjson.null and session.deviceId ~= it.device then
  return {'other_device', value}
end
session.begun = math.max(session.begun or 0, it.begun)
session.issued = session.issued or 0
-- One of ours that is not known came after all that are known, with a refresh that this store has lost, or it was
-- used so long ago that it is forgotten.
local is_ahead = says and it.issued > session.issued
if used_at and now - used_at > it.graceMs or not used_at and not is_ahead then
  finish(it.id, session.memberId, session.begun)
  return {'reused', value}
end
if not used_at then
  table.insert(session.used, {it.token, now})
end
table.insert(session.used, {session.current, now})
while #session.used > it.remembered do
  table.remove(session.used, 1)
end
session.current = it.next
session.issued = math.max(session.issued, it.nextIssued)
redis.call('SET', KEYS[1], cjson.encode(session), 'PX', it.restMs)
redis.call('ZADD', it.memberKeys .. session.memberId, exact_now_ms(), it.id)
redis.call('PEXPIRE', it.memberKeys .. session.memberId, it.restMs)
return {'refreshed', value}
