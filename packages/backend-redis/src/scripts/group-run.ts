/**
 * Lua. A group's private notes belong to one run of it, told by the record's `CreatedAt`: a workflow with fixed UUIDs may be
 * sent again, and Go replaces the record without knowing of the notes. `enterRun` clears notes of an earlier run, and
 * answers nil where there is no record.
 *
 * The notes, a hash: run (the `CreatedAt`), tracked (the pending set was filled), complete (all members have ended),
 * claimed (one of us set ChordTriggered), sent (the callback was sent).
 */
export const groupRun = /* lua */ `
local function runOf(record)
  -- What is no text is no record.
  local tail = redis.pcall('GETRANGE', record, -160, -1)
  if tail == '' or type(tail) == 'table' then return nil end
  local pattern = '"CreatedAt"%s*:%s*"([^"]*)"'
  return string.match(tail, pattern) or string.match(redis.call('GET', record), pattern) or ''
end

local function enterRun(record, notes, pending, claim)
  local run = runOf(record)
  if run and redis.call('HGET', notes, 'run') ~= run then
    redis.call('DEL', notes, pending, claim)
    redis.call('HSET', notes, 'run', run)
    local life = redis.call('PTTL', record)
    if life > 0 then redis.call('PEXPIRE', notes, life) end
  end
  return run
end

local function fillPending(record, notes, pending, from)
  redis.call('HSET', notes, 'tracked', 1)
  for first = from, #ARGV, 1000 do
    redis.call('SADD', pending, unpack(ARGV, first, math.min(first + 999, #ARGV)))
  end
  local life = redis.call('PTTL', record)
  if life > 0 then redis.call('PEXPIRE', pending, life) end
end
`
