-- A session lies under one key: JSON with the hashes of its refresh tokens, or 'ended' as long as its
-- access tokens would be accepted.
-- A key of each member says until when sessions of theirs that began are over, in ms since 1970.
-- KEYS: the session, what was renewed for it last, which expires by itself, the sessions of its member by the time
-- of their last refresh, and until when those are over. A caller who does not know the member names the last two
-- for nobody: they are found by what the session says, and in a cluster all lie on one node.
-- All scripts but note.lua begin with: ARGV[1] the session's id, ARGV[2] its member or nothing; what keys begin with,
-- ARGV[3] of sessions, ARGV[4] of members' sessions and ARGV[5] of until when these are over; in ms ARGV[6] how long a
-- session may rest, ARGV[7] how long one that has ended is remembered, ARGV[8] how long that a member's are over;
-- ARGV[9] sessions per member.

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

-- Returns until when sessions of a member that began are over, in ms since 1970.
local function over_until(member)
  return tonumber(redis.call('GET', ARGV[5] .. member)) or 0
end

-- Does not let a session of a member begin again that began then.
local function bar(member, begun)
  local over = string.format('%.0f', math.max(over_until(member), begun))
  redis.call('SET', ARGV[5] .. member, over, 'PX', ARGV[8])
end

-- Ends a session of a member that began then.
local function finish(id, member, begun)
  redis.call('SET', ARGV[3] .. id, 'ended', 'PX', ARGV[7])
  redis.call('DEL', ARGV[3] .. id .. ':renewed')
  redis.call('ZREM', ARGV[4] .. member, id)
  bar(member, begun)
end

-- Begins a session, for which those of its member end that were refreshed longest ago, if there are too many.
-- `since` is the time in ms since 1970 that counts as its first refresh.
local function begin(session, member, since)
  local theirs = ARGV[4] .. member
  redis.call('SET', KEYS[1], session, 'PX', ARGV[6])
  redis.call('ZREMRANGEBYSCORE', theirs, '-inf', now_ms() - ARGV[6])
  redis.call('ZADD', theirs, since, ARGV[1])
  redis.call('PEXPIRE', theirs, ARGV[6])
  local surplus = redis.call('ZCARD', theirs) - ARGV[9]
  if surplus > 0 then
    for _, id in ipairs(redis.call('ZRANGE', theirs, 0, surplus - 1)) do
      local value = redis.call('GET', ARGV[3] .. id)
      local is_session, other = pcall(cjson.decode, value or '')
      if is_session then
        finish(id, member, other.begun or 0)
      else
        redis.call('ZREM', theirs, id)
      end
    end
  end
end
