-- KEYS the buckets of the account and of the address. ARGV[1] the attempt's id, ARGV[2] how long one
-- takes at the most in ms, then size and refill in ms of each bucket.
-- Returns 'go', 'others' where an attempt under way may give its place back, or 'wait' with how many ms; and
-- behind that which bucket is full, from 0.

local now, longest = now_ms(), tonumber(ARGV[2])
local full, wait, may_be_given_back, full_at = {}, 0, true, nil
for i, key in ipairs(KEYS) do
  local burst, refill, under_way = tonumber(ARGV[1 + 2 * i]), tonumber(ARGV[2 + 2 * i]), 0
  full[i], under_way = read(key, now, longest)
  full[i] = full[i] + refill
  local empty_for = full[i] - now - burst * refill
  if empty_for > 0 then
    wait = math.max(wait, empty_for)
    full_at = full_at or i - 1
    may_be_given_back = may_be_given_back and under_way > 0
  end
end
if wait > 0 then
  return {may_be_given_back and 'others' or 'wait', string.format('%.0f', wait), full_at}
end
for i, key in ipairs(KEYS) do
  redis.call('HSET', key, ARGV[1], string.format('%.0f', now))
  write(key, full[i], now, longest)
end
return {'go', '0', 0}
