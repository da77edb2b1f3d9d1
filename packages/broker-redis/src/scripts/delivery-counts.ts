/**
 * For scripts that count deliveries. A field of the hash holds `count * 2^20 + day`, and 2^19 more where the message was
 * given back with a delay last. The day (since the epoch) is that of the last change: by it, entries of messages that
 * somebody else finished are pruned.
 */
export const deliveryCountsLua = /* lua */ `
local afterDelay = 524288
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
`

/** The count in a field of the hash. 0: there is no such field. */
export function countIn(field: number): number {
  return Math.floor(field / 2 ** 20)
}

/** Whether the message of this field was given back with a delay last. */
export function isAfterDelay(field: number): boolean {
  return field % 2 ** 20 >= 2 ** 19
}
