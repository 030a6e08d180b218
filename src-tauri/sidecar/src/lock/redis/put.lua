-- KEYS: what is asked of the holder, and the ticket of the ask. ARGV[1] and ARGV[2] id and version of the
-- ask that was there, or nothing, ARGV[3] the new one as JSON, ARGV[4] which lock the ticket is for as
-- JSON, ARGV[5] how long both are known in ms, ARGV[6] the channel that tells of changes, ARGV[7] the
-- agent's id.
-- Returns 'put', or 'changed' where something else is there by now.

local id, version = '', ''
local is_json, ask = pcall(cjson.decode, redis.call('GET', KEYS[1]) or '')
if is_json and type(ask) == 'table' and type(ask.id) == 'string' then
  id, version = ask.id, string.format('%.0f', tonumber(ask.version) or 0)
end
if id ~= ARGV[1] or version ~= ARGV[2] then
  return 'changed'
end
redis.call('SET', KEYS[1], ARGV[3], 'PX', ARGV[5])
redis.call('SET', KEYS[2], ARGV[4], 'PX', ARGV[5])
redis.pcall('PUBLISH', ARGV[6], ARGV[7])
return 'put'
