-- KEYS[1] the session, KEYS[2] what was renewed for it last. ARGV[1] its id, ARGV[2] the hash of the token that came, ARGV[3] the device that
-- the caller names or nothing, ARGV[4] the hash of the next token, ARGV[5] how long a session may rest,
-- ARGV[6] how long an ended one is remembered and ARGV[7] how long a used token works, in ms, ARGV[8]
-- how many used tokens are remembered, ARGV[9] what the keys of members begin with, ARGV[10] what was
-- renewed for this, or nothing.
-- Returns how it ended, and the session where it is known.

local value = redis.call('GET', KEYS[1])
if not value or value == 'ended' then
  return {'unknown', ''}
end
local now, session = now_ms(), cjson.decode(value)
local used_at = session.current == ARGV[2] and now or nil
for _, used in ipairs(session.used) do
  if used[1] == ARGV[2] then
    used_at = used[2]
  end
end
if not used_at then
  return {'unknown', ''}
end
if ARGV[3] ~= '' and session.deviceId ~= cjson.null and session.deviceId ~= ARGV[3] then
  return {'other_device', value}
end
-- In a cluster all keys have the same hash tag.
local of_member = ARGV[9] .. session.memberId
if now - used_at > tonumber(ARGV[7]) then
  redis.call('SET', KEYS[1], 'ended', 'PX', ARGV[6])
  redis.call('DEL', KEYS[2])
  redis.call('ZREM', of_member, ARGV[1])
  return {'reused', value}
end
table.insert(session.used, {session.current, now})
if #session.used > tonumber(ARGV[8]) then
  table.remove(session.used, 1)
end
session.current = ARGV[4]
if ARGV[10] ~= '' then
  redis.call('SET', KEYS[2], ARGV[10], 'PX', ARGV[7])
end
redis.call('SET', KEYS[1], cjson.encode(session), 'PX', ARGV[5])
redis.call('ZADD', of_member, exact_now_ms(), ARGV[1])
redis.call('PEXPIRE', of_member, ARGV[5])
return {'refreshed', value}
