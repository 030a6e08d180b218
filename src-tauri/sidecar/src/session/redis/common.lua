-- A session lies under one key: JSON with the hashes of its refresh tokens, or 'ended' as long as its
-- access tokens would be accepted.

-- Returns the time in ms since 1970.
local function now_ms()
  local time = redis.call('TIME')
  return time[1] * 1000 + math.floor(time[2] / 1000)
end

-- Returns the same with its fraction, so that of two sessions of one ms the earlier one is older.
local function exact_now_ms()
  local time = redis.call('TIME')
  return string.format('%.3f', time[1] * 1000 + time[2] / 1000)
end
