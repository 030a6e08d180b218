-- KEYS: the agent's, the extension's, and what is asked of the holder.
-- Returns the time in ms since 1970, and what stands under each key, or nothing.

local time, found = redis.call('TIME'), {}
for n, key in ipairs(KEYS) do
  found[n] = redis.call('GET', key) or ''
end
return {string.format('%.0f', time[1] * 1000 + math.floor(time[2] / 1000)), unpack(found)}
