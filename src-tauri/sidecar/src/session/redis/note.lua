-- KEYS[1] the session. ARGV[1] the name of the note, ARGV[2] what it says, as text.

local value = redis.call('GET', KEYS[1])
if not value or value == 'ended' then
  return 'unknown'
end
local session = cjson.decode(value)
session[ARGV[1]] = ARGV[2]
if ARGV[1] == 'ordered' and ARGV[2] ~= 'null' then
  -- Ozonetel has answered an order.
  session.unsettled = nil
end
redis.call('SET', KEYS[1], cjson.encode(session), 'KEEPTTL')
return 'noted'
