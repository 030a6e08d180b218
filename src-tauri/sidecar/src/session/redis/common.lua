-- A session lies under one key: JSON with the hashes of its refresh tokens, or 'ended' as long as its
-- access tokens would be accepted.
-- A key of each member says until when sessions of theirs that began are over, in ms since 1970.
-- KEYS: the session, what was renewed for it last, which expires by itself, the sessions of its member by the time
-- of their last refresh, and until when those are over. A caller who does not know the member names the last two
-- for nobody: they are found by what the session says, and in a cluster all lie on one node.
-- ARGV[1] is JSON: `id` is the session's and `member` its member or nothing; keys begin with `sessionKeys`, those of
-- members' sessions with `memberKeys`, and those of until when these are over with `overKeys`; in ms a session may rest
-- for `restMs`, one that has ended is remembered for `endedMs`, and that a member's are over for `overMs`; a member has
-- `most` sessions. What more there is each script says.

local it = cjson.decode(ARGV[1])

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
  return tonumber(redis.call('GET', it.overKeys .. member)) or 0
end

-- Does not let a session of a member begin again that began then.
local function bar(member, begun)
  local over = string.format('%.0f', math.max(over_until(member), begun))
  redis.call('SET', it.overKeys .. member, over, 'PX', it.overMs)
end

-- Ends a session of a member that began then.
local function finish(id, member, begun)
  redis.call('SET', it.sessionKeys .. id, 'ended', 'PX', it.endedMs)
  redis.call('DEL', it.sessionKeys .. id .. ':renewed')
  redis.call('ZREM', it.memberKeys .. member, id)
  bar(member, begun)
end

-- Begins a session, for which those of its member end that were refreshed longest ago, if there are too many.
-- `since` is the time in ms since 1970 that counts as its first refresh.
local function begin(session, member, since)
  local theirs = it.memberKeys .. member
  redis.call('SET', KEYS[1], session, 'PX', it.restMs)
  redis.call('ZREMRANGEBYSCORE', theirs, '-inf', now_ms() - it.restMs)
  redis.call('ZADD', theirs, since, it.id)
  redis.call('PEXPIRE', theirs, it.restMs)
  local surplus = redis.call('ZCARD', theirs) - it.most
  if surplus > 0 then
    for _, id in ipairs(redis.call('ZRANGE', theirs, 0, surplus - 1)) do
      local value = redis.call('GET', it.sessionKeys .. id)
      local is_session, other = pcall(cjson.decode, value or '')
      if is_session then
        finish(id, member, other.begun or 0)
      else
        redis.call('ZREM', theirs, id)
      end
    end
  end
end
