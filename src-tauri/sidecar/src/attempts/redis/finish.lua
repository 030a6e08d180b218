-- KEYS the buckets of the account and of the address. ARGV[1] the attempt's id, ARGV[2] how long one
-- takes at the most in ms, ARGV[3] 'right', 'wrong' or 'unknown', as the password was, then the refill of each in ms.

local now, longest = now_ms(), tonumber(ARGV[2])
for i, key in ipairs(KEYS) do
  -- A store that forgot the attempt has nothing to give back.
  if redis.call('HDEL', key, ARGV[1]) == 1 then
    local full, under_way = read(key, now, longest)
    local refill = tonumber(ARGV[3 + i])
    if ARGV[3] == 'right' and i == 1 then
      -- The account's owner is there: earlier mistakes are forgotten.
      full = now + refill * under_way
    elseif ARGV[3] ~= 'wrong' then
      full = math.max(now, full - refill)
    end
    if full <= now and under_way == 0 then
      redis.call('DEL', key)
    else
      write(key, full, now, longest)
    end
  end
end
return 'finished'
