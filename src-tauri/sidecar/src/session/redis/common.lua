-- A session lies under one key: JSON with the hashes of its refresh tokens, or 'ended' as long as its
-- access tokens would be accepted.

-- Returns the time in ms since 1970.
local function now_ms()
  local time = redis.call('TIME')
  return time[1] * 1000 + math.floor(time[2] / 1000)
end
