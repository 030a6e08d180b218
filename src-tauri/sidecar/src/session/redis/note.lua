-- KEYS[1] the session. ARGV[1] the name of the note, ARGV[2] what it says, as text, ARGV[3] how often it was noted so far
-- what was ordered, or nothing where that does not matter.
-- Returns 'noted', 'unknown' where there is no such session, or 'other' where something else was noted meanwhile.

local value = redis.call('GET', KEYS[1])
if not value or value == 'ended' then
  return 'unknown'
end
local session = cjson.decode(value)
local version = session.orderedVersion or 0
-- A replica that missed the last of them counts fewer.
if ARGV[3] ~= '' and version > tonumber(ARGV[3]) then
  return 'other'
end
session[ARGV[1]] = ARGV[2]
if ARGV[1] == 'ordered' then
  session.orderedVersion = version + 1
  if ARGV[2] ~= 'null' and ARGV[3] == '' then
    -- Ozonetel has answered an order; what is noted late may be older than the login.
    session.unsettled = nil
  end
end
redis.call('SET', KEYS[1], cjson.encode(session), 'KEEPTTL')
return 'noted'
