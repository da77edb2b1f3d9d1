/**
 * For scripts that count deliveries. A field of the hash holds `count * 2^20 + day`, the day (since the epoch) of the
 * last change, by which entries of messages that somebody else finished are pruned.
 */
export const deliveryCountsLua = /* lua */ `
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

/** The count in a field of the hash. */
export function countFrom(field: string | null): number {
  return field === null ? 0 : Math.floor(Number(field) / 2 ** 20)
}
