-- KEYS: the ledger of an account's token. ARGV[1] the one that was looked at or nothing, ARGV[2] the one
-- that takes its place, ARGV[3] how long it counts in ms.
-- Returns 'put', or 'changed' where another one is there by now.

if (redis.call('GET', KEYS[1]) or '') ~= ARGV[1] then
  return 'changed'
end
redis.call('SET', KEYS[1], ARGV[2], 'PX', ARGV[3])
return 'put'
