-- ARGV[10] the hash of the token that came, ARGV[11] the device that the caller names or nothing, ARGV[12] the hash
-- of the next token, ARGV[13] when that is issued and ARGV[14] when the session began as it says, in ms since 1970,
-- ARGV[15] how long a used token works in ms, ARGV[16] how many used tokens are remembered, ARGV[17] what was
-- renewed for this, or nothing. ARGV[18] when the token that came was issued, and ARGV[19] the session with which
-- it begins again as JSON, or nothing where it says neither.
-- Returns how it ended, and the session where it is known.

local value = redis.call('GET', KEYS[1])
local now, says = now_ms(), ARGV[18] ~= ''

local function keep_renewed()
  if ARGV[17] ~= '' then
    redis.call('SET', KEYS[2], ARGV[17], 'PX', ARGV[15])
  end
end

if not value and says then
  local session = cjson.decode(ARGV[19])
  if over_until(session.memberId) >= session.begun then
    return {'unknown', ''}
  end
  session.used = {{ARGV[10], now}}
  begin(cjson.encode(session), session.memberId, exact_now_ms())
  keep_renewed()
  return {'begun_again', ''}
elseif not value or value == 'ended' then
  return {'unknown', ''}
end
local session = cjson.decode(value)
local used_at = session.current == ARGV[10] and now or nil
for _, used in ipairs(session.used) do
  if used[1] == ARGV[10] then
    used_at = used[2]
  end
end
if not used_at and not says then
  return {'unknown', ''}
end
if ARGV[11] ~= '' and session.deviceId ~= cjson.null and session.deviceId ~= ARGV[11] then
  return {'other_device', value}
end
session.begun = math.max(session.begun or 0, tonumber(ARGV[14]))
session.issued = session.issued or 0
-- One of ours that is not known came after all that are known, with a refresh that this store has lost, or it was
-- used so long ago that it is forgotten.
local is_ahead = says and tonumber(ARGV[18]) > session.issued
if used_at and now - used_at > tonumber(ARGV[15]) or not used_at and not is_ahead then
  finish(ARGV[1], session.memberId, session.begun)
  return {'reused', value}
end
if not used_at then
  table.insert(session.used, {ARGV[10], now})
end
table.insert(session.used, {session.current, now})
while #session.used > tonumber(ARGV[16]) do
  table.remove(session.used, 1)
end
session.current = ARGV[12]
session.issued = math.max(session.issued, tonumber(ARGV[13]))
keep_renewed()
redis.call('SET', KEYS[1], cjson.encode(session), 'PX', ARGV[6])
redis.call('ZADD', ARGV[4] .. session.memberId, exact_now_ms(), ARGV[1])
redis.call('PEXPIRE', ARGV[4] .. session.memberId, ARGV[6])
return {'refreshed', value}
