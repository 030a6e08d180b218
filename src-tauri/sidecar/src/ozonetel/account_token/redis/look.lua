-- KEYS: the ledger of an account's token. Returns the time in ms since 1970, and the ledger or nothing.

local time = redis.call('TIME')
local now = string.format('%.0f', time[1] * 1000 + math.floor(time[2] / 1000))
return {now, redis.call('GET', KEYS[1]) or ''}
