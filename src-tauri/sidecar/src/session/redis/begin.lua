-- `it.session` is the session as JSON.

-- Of many that begin at once the one that took the lock last has it, and is the last to make room.
local epoch = tonumber(cjson.decode(it.session).epoch) or 0
begin(it.session, it.member, epoch > 0 and string.format('%.3f', epoch / 1000) or exact_now_ms())
return 'begun'
