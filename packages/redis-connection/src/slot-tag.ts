const slots = 16_384

/**
 * What the names of private keys begin with that must lie in the same slot of a Redis Cluster as `key`: the key in
 * braces, or the key itself where it has a hash tag of its own. Different keys have different prefixes.
 * @example
 * slotTag('machinery_tasks')  // '{machinery_tasks}'
 * slotTag('{fast}:tasks')     // '{fast}:tasks'
 */
export function slotTag(key: string): string {
  const open = key.indexOf('{')
  const close = open < 0 ? -1 : key.indexOf('}', open + 1)
  // As Redis reads it: from the first `{` to the first `}` after it, with something in between.
  if (close > open + 1) return key
  if (!key.includes('}')) return `{${key}}`
  // Such a key is hashed whole, but braces around it would end at its own `}`. So: the first number in its slot.
  const slot = crc16(Buffer.from(key)) % slots
  let tag = 0
  while (crc16(Buffer.from(String(tag))) % slots !== slot) tag++
  return `{${tag}}${key}`
}

/** CRC-16/XMODEM, as Redis Cluster uses it. */
function crc16(bytes: Uint8Array): number {
  let crc = 0
  for (const byte of bytes) {
    crc ^= byte << 8
    for (let bit = 0; bit < 8; bit++) crc = ((crc << 1) ^ (crc & 0x8000 ? 0x1021 : 0)) & 0xffff
  }
  return crc
}
