-- KEYS[1] the session. ARGV[1] the id of the login at Ozonetel that is not seen to its end, ARGV[2] what is kept in
-- place of it, as text, or nothing where it is settled.
-- Returns 'settled', or 'other' where another one is kept by now, or none.

local value = redis.call('GET', KEYS[1])
if not value or value == 'ended' then
  return 'other'
end
local session = cjson.decode(value)
local is_json, unsettled = pcall(cjson.decode, session.unsettled or '')
if not is_json or type(unsettled) ~= 'table' or unsettled.id ~= ARGV[1] then
  return 'other'
end
session.unsettled = ARGV[2] ~= '' and ARGV[2] or nil
redis.call('SET', KEYS[1], cjson.encode(session), 'KEEPTTL')
return 'settled'
