import { defineScript, type RedisScript } from '@machinery/redis-connection'
import { groupRun } from './group-run.js'

/**
 * Strikes members off as finished, and picks some of those that are left. Prolongs a group once a quarter of its life has
 * passed.
 *
 * KEYS, four for each group: record, notes, pending, claim
 * ARGV[1] how many to pick   then for each group: its life (ms), the number of members, the members
 * Returns for each group a list: -1 there is no record; -2 nobody told the members; otherwise how many are left, 1 where the
 * states of all members should be prolonged too, the list of the members picked, and where none are left the record, unless
 * the group is known to be complete
 */
export const noteMembers: RedisScript = defineScript({
  keys: 'any',
  lua: /* lua */ `
${groupRun}
local answers, at = {}, 2
for g = 1, #KEYS / 4 do
  local record, notes, pending, claim = KEYS[4 * g - 3], KEYS[4 * g - 2], KEYS[4 * g - 1], KEYS[4 * g]
  local life, count = tonumber(ARGV[at]), tonumber(ARGV[at + 1])
  local first = at + 2
  at = first + count
  if not enterRun(record, notes, pending, claim) then
    answers[g] = { -1, 0, {} }
  elseif redis.call('HEXISTS', notes, 'tracked') == 0 then
    answers[g] = { -2, 0, {} }
  else
    for from = first, at - 1, 1000 do
      redis.call('SREM', pending, unpack(ARGV, from, math.min(from + 999, at - 1)))
    end
    local left, isProlonged = redis.call('PTTL', record), 0
    if left >= 0 and left < life * 0.75 then
      for _, key in ipairs({ record, notes, pending }) do redis.call('PEXPIRE', key, life) end
      isProlonged = 1
    end
    local count, whole = redis.call('SCARD', pending), nil
    if count == 0 and redis.call('HEXISTS', notes, 'complete') == 0 then whole = redis.call('GET', record) end
    answers[g] = { count, isProlonged, redis.call('SRANDMEMBER', pending, ARGV[1]), whole }
  end
end
return answers
`,
})
