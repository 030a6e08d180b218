-- ARGV[6] the term in ms, ARGV[7] the owner as JSON, ARGV[8] the epoch since which it holds the lock, ARGV[9] what the
-- keys of sessions begin with, ARGV[10] what is noted with the caller's session where it takes the lock again, that its
-- agent's login at Ozonetel is not seen to its end, or nothing, ARGV[11] the caller's extension.
-- A session that is displaced by another device of its member has that noted, as by `acquire.lua`.
-- Returns how it ended, nothing, and the holder where it is lost, as `Look::lost_to` finds it.

if redis.call('EXISTS', MARK) == 1 then
  return {'ended', '', ''}
end

-- An epoch says nothing about the lock of another agent with the same extension.
local function is_of_another_agent(owner)
  return type(owner.agent) == 'string' and owner.agent ~= ARGV[4]
end

local since = tonumber(ARGV[8])

-- Tells whether the caller's device has it by a later session. Of two that name none nobody knows.
local function is_later_session(owner)
  return ARGV[2] ~= '' and is_caller(owner)
    and type(owner.sessionId) == 'string' and owner.sessionId ~= '' and owner.sessionId ~= ARGV[3]
    and owner.epoch and owner.epoch > 0 and owner.epoch >= since
end

-- Tells whether it is known to be held since an earlier change than the caller's.
local function is_before(owner)
  return owner.epoch and owner.epoch > 0 and owner.epoch < since
end

-- Tells whether the caller's device has it by another session, which has another extension.
local function is_moved_session(owner)
  return is_caller(owner) and owner.sessionId ~= ARGV[3] and not is_before(owner)
    and type(owner.extension) == 'string' and owner.extension ~= ARGV[11]
end

local kept, is_displacing, displaced = nil, false, {}
for _, key in ipairs(LOCKED) do
  local owner = holder(key)
  if owner and (is_of_another_agent(owner) or is_later_session(owner) or is_moved_session(owner)) then
    return {'lost', '', owner.value}
  elseif owner and is_caller(owner) and (owner.epoch or since) >= since then
    -- Those that name no device go on side by side: what the last of them wrote stays.
    kept = kept or owner.value
  elseif owner and (is_caller(owner) or is_before(owner)) then
    -- This store has forgotten that the lock changed hands since.
    is_displacing = true
    -- No device of another member is ever taken over: their session had ended, or rested for longer than its term.
    if not is_caller(owner) and owner.memberId == ARGV[1] then
      table.insert(displaced, owner)
    end
  elseif owner then
    return {'lost', '', owner.value}
  end
end

for _, owner in ipairs(displaced) do
  note_taken_over(ARGV[9], owner)
end
hold(kept or ARGV[7], ARGV[6])
if kept and not is_displacing then
  return {'extended', '', ''}
end
if ARGV[10] ~= '' then
  note(ARGV[9], ARGV[3], 'unsettled', ARGV[10])
end
ring()
return {'retaken', '', ''}
