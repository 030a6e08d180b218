-- A duty lies under the key of its agent as JSON with an id; the ids of all agents who have one lie in a
-- sorted set by when it ends, in ms since 1970.

-- Returns the time in ms since 1970.
local function now_ms()
  local time = redis.call('TIME')
  return time[1] * 1000 + math.floor(time[2] / 1000)
end

-- Has the duty of an agent end at this time in ms.
local function end_at(ends, agent, time)
  redis.call('ZADD', ends, string.format('%.0f', time), agent)
end
