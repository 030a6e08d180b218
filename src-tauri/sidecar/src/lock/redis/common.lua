-- KEYS: the agent's and the extension's, which are locked together, and the mark that the caller's
-- session has ended. All scripts begin with:
-- ARGV[1] the member, ARGV[2] the device or nothing, ARGV[3] the session.

local LOCKED, MARK = {KEYS[1], KEYS[2]}, KEYS[3]

-- Returns who holds a key, or nil.
local function holder(key)
  local value = redis.call('GET', key)
  if not value then
    return nil
  end
  local is_json, read = pcall(cjson.decode, value)
  -- The first sidecar wrote the member and nothing else.
  local owner = {memberId = value}
  if is_json and type(read) == 'table' and type(read.memberId) == 'string' then
    owner = {
      memberId = read.memberId,
      deviceId = read.deviceId,
      sessionId = read.sessionId,
      epoch = tonumber(read.epoch),
    }
  end
  owner.value = value
  return owner
end

-- Tells whether an owner is the caller: same member and same device; a caller that names no device
-- is any of its member's.
local function is_caller(owner)
  return owner.memberId == ARGV[1] and (ARGV[2] == '' or owner.deviceId == ARGV[2])
end
