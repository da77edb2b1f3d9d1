/**
 * For scripts that count deliveries. A field of the hash holds `count * 2^20 + chances * 2^15 + day`. The chances, after the
 * message was given back with a delay: how often consumers may still leave it to others first. The day (since the epoch)
 * is that of the last change: by it, entries of messages that somebody else finished are pruned.
 */
export const deliveryCountsLua = /* lua */ `
local oneChance = 32768
local mostChances = 8 * oneChance
local function fingerprint(body)
  if #body <= 8192 then return redis.sha1hex(body) end
  return redis.sha1hex(#body .. ':' .. string.sub(body, 1, 4096) .. string.sub(body, -4096))
end
local function countOf(field)
  return field and math.floor(tonumber(field) / 1048576) or 0
end
local function countOneMore(hash, body, day)
  local mark = fingerprint(body)
  local count = countOf(redis.call('HGET', hash, mark)) + 1
  redis.call('HSET', hash, mark, string.format('%.0f', count * 1048576 + day))
end
local function countOneChanceLess(hash, body)
  local mark = fingerprint(body)
  local field = tonumber(redis.call('HGET', hash, mark) or 0)
  if field % 1048576 >= oneChance then redis.call('HSET', hash, mark, string.format('%.0f', field - oneChance)) end
end
`

/** The count in a field of the hash. 0: there is no such field. */
export function countIn(field: number): number {
  return Math.floor(field / 2 ** 20)
}

/** Whether the message of this field was given back with a delay last, and may still be left to others. */
export function isAfterDelay(field: number): boolean {
  return field % 2 ** 20 >= 2 ** 15
}
