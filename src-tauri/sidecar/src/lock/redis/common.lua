-- KEYS: the agent's and the extension's, which are locked together, the mark that the caller's session
-- has ended, what is asked of the holder, and the ids of all agents whose locks are held.
-- All scripts begin with: ARGV[1] the member, ARGV[2] the device or nothing, ARGV[3] the session,
-- ARGV[4] the agent's id, ARGV[5] the channel that tells of changes.

local LOCKED, MARK, ASK, LIST = {KEYS[1], KEYS[2]}, KEYS[3], KEYS[4], KEYS[5]

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
      agent = read.agent,
      extension = read.extension,
    }
  end
  owner.value = value
  return owner
end

-- Tells whether an owner is the caller: same member and same device. Those that name none count as one.
local function is_caller(owner)
  local device = type(owner.deviceId) == 'string' and owner.deviceId or ''
  return owner.memberId == ARGV[1] and device == ARGV[2]
end

-- Holds both keys for a term in ms. The list lives as long as the longest of its locks.
local function hold(value, term)
  for _, key in ipairs(LOCKED) do
    redis.call('SET', key, value, 'PX', term)
  end
  redis.call('ZADD', LIST, 0, ARGV[4])
  if redis.call('PTTL', LIST) < tonumber(term) then
    redis.call('PEXPIRE', LIST, term)
  end
end

-- Notes something with a session as text, if the store knows it and it does not say so already; keys of sessions begin
-- with `sessions`. It lies where the lock does: in a cluster all keys have the same hash tag.
local function note(sessions, id, name, text)
  local is_session, session = pcall(cjson.decode, redis.call('GET', sessions .. id) or '')
  if is_session and type(session) == 'table' and session[name] ~= text then
    session[name] = text
    redis.call('SET', sessions .. id, cjson.encode(session), 'KEEPTTL')
  end
end

-- Notes with the session of an owner that another device has taken it over. What the first sidecar wrote names none.
local function note_taken_over(sessions, owner)
  if type(owner.sessionId) == 'string' then
    note(sessions, owner.sessionId, 'takenOver', 'true')
  end
end

-- Tells all servers that the lock has changed. Who may not tell it leaves the others to find out.
local function ring()
  redis.pcall('PUBLISH', ARGV[5], ARGV[4])
end
