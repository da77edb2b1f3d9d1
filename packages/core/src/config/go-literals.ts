/** A whole number as Go's `strconv.ParseInt(text, 0, 64)` reads it: `42`, `-0x2a`, `0o52`, `052`, `0b101010`, `1_000`. */
export function parseGoInteger(text: string): bigint | undefined {
  const match =
    /^([+-]?)(0x_?[0-9a-f]+(?:_[0-9a-f]+)*|0b_?[01]+(?:_[01]+)*|0o?_?[0-7]+(?:_[0-7]+)*|0|[1-9]\d*(?:_\d+)*)$/i.exec(
      text,
    )
  if (match === null || text.length > 100) return undefined
  const digits = (match[2] ?? '').replaceAll('_', '')
  const value = BigInt(/^0[0-7]/.test(digits) ? `0o${digits.slice(1)}` : digits.toLowerCase())
  return match[1] === '-' ? -value : value
}

const booleans = new Map([
  ...['1', 't', 'T', 'true', 'TRUE', 'True'].map((word) => [word, true] as const),
  ...['0', 'f', 'F', 'false', 'FALSE', 'False'].map((word) => [word, false] as const),
])

/** A truth value as Go's `strconv.ParseBool` reads it. */
export function parseGoBoolean(text: string): boolean | undefined {
  return booleans.get(text)
}
