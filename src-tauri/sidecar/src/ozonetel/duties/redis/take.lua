-- KEYS[1] when duties end. ARGV[1] what the keys of duties begin with, ARGV[2] how many at the most, ARGV[3]
-- after how many ms whoever takes one must be done: then it has ended again.
-- Returns for each that has ended the agent's id and the duty.

local now, taken = now_ms(), {}
local ends = redis.call('ZRANGE', KEYS[1], 0, ARGV[2] - 1, 'WITHSCORES')
for i = 1, #ends, 2 do
  local agent, ended = ends[i], tonumber(ends[i + 1])
  if ended > now then
    break
  end
  -- They lie where KEYS[1] does: in a cluster all keys have the same hash tag.
  local duty = redis.call('GET', ARGV[1] .. agent)
  if duty then
    end_at(KEYS[1], agent, now + ARGV[3])
    table.insert(taken, agent)
    table.insert(taken, duty)
  else
    -- Nobody could do it for as long as it was kept.
    redis.call('ZREM', KEYS[1], agent)
  end
end
return taken
