const NANOSECONDS: Readonly<Record<string, number>> = {
  ns: 1,
  us: 1e3,
  '\u00b5s': 1e3,
  '\u03bcs': 1e3,
  ms: 1e6,
  s: 1e9,
  m: 60e9,
  h: 3600e9,
}

const LONGEST = (1n << 63n) - 1n

/**
 * Reads a duration as Go's `time.ParseDuration` does: `90m30.7s`, `1h`, `500ms`, `0`.
 * Returns nanoseconds, or undefined when the text is no duration or goes beyond 64 bits (292 years).
 */
export function parseGoDuration(text: string): bigint | undefined {
  const isNegative = text.startsWith('-')
  const unsigned = isNegative || text.startsWith('+') ? text.slice(1) : text
  if (unsigned === '0') return 0n
  if (unsigned === '') return undefined

  const part = /([0-9]*)(?:\.([0-9]*))?([a-z\u00b5\u03bc]+)/y
  let total = 0n
  while (part.lastIndex < unsigned.length) {
    const match = part.exec(unsigned)
    if (match === null) return undefined
    const [, whole = '', fraction = '', unitName = ''] = match
    const unit = Object.hasOwn(NANOSECONDS, unitName) ? NANOSECONDS[unitName] : undefined
    if (unit === undefined || (whole === '' && fraction === '')) return undefined
    total += BigInt(whole) * BigInt(unit) + fractionOf(fraction, unit)
    if (total > LONGEST) return undefined
  }
  return isNegative ? -total : total
}

/** In floating point, because Go does it so: `0.9999999999999999999s` is a whole second there. */
function fractionOf(digits: string, unit: number): bigint {
  const counted = digits.slice(0, 18)
  return BigInt(Math.trunc(Number(counted) * (unit / 10 ** counted.length)))
}
