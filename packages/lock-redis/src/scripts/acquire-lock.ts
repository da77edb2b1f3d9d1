import { defineScript, type RedisScript } from '@machinery/redis-connection'

/**
 * Takes a lock as Go's Machinery does (SET NX, else GET and GETSET once the value has passed), in one step, so that
 * nobody comes between.
 *
 * KEYS[1] the lock, holding its end (ns since the epoch, decimal)
 * KEYS[2] who took it: the end and the owner
 * ARGV[1] its new end (ns)   ARGV[2] now (ns)   ARGV[3] life of KEYS[1] (ms), 0 where the end has passed
 * ARGV[4] life of KEYS[2] (ms)   ARGV[5] owner
 * Returns 1 taken, 0 held by another, -1 KEYS[1] is no lock
 */
export const acquireLock: RedisScript = defineScript({
  keys: 2,
  lua: /* lua */ `
local function isAfter(a, b)
  if #a ~= #b then return #a > #b end
  return a > b
end
local taken, taker = string.match(redis.call('GET', KEYS[2]) or '', '^(%d+) (.*)$')
if taken and not isAfter(ARGV[1], taken) then
  return taker == ARGV[5] and 1 or 0
end
local held = redis.call('GET', KEYS[1])
if held then
  if not string.match(held, '^%d+$') then return -1 end
  local isOver = held ~= '0' and isAfter(ARGV[2], held)
  local isOurs = held == taken and taker == ARGV[5]
  if not isOver and not isOurs then return 0 end
end
if ARGV[3] ~= '0' then redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[3]) end
redis.call('SET', KEYS[2], ARGV[1] .. ' ' .. ARGV[5], 'PX', ARGV[4])
return 1
`,
})
