-- A bucket is a hash: 'full' is when it is full again, in ms since 1970; every other field is an
-- attempt under way and when it began.

-- Returns the time in ms since 1970.
local function now_ms()
  local time = redis.call('TIME')
  return time[1] * 1000 + math.floor(time[2] / 1000)
end

-- Returns when the bucket is full again, and how many attempts are under way; `longest` is how long one
-- takes at the most: those of a server that died meanwhile are none.
local function read(key, now, longest)
  local full, under_way = now, 0
  local fields = redis.call('HGETALL', key)
  for i = 1, #fields, 2 do
    if fields[i] == 'full' then
      full = math.max(now, tonumber(fields[i + 1]))
    elseif now - fields[i + 1] < longest then
      under_way = under_way + 1
    else
      redis.call('HDEL', key, fields[i])
    end
  end
  return full, under_way
end

-- Writes when the bucket is full again; it is kept as long as it differs from a new one.
local function write(key, full, now, longest)
  redis.call('HSET', key, 'full', string.format('%.0f', full))
  redis.call('PEXPIRE', key, string.format('%.0f', math.max(full - now, longest)))
end
