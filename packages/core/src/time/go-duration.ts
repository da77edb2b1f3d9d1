const nsPerSecond = 1_000_000_000n

/**
 * A duration as Go prints it: `1.5s`, `1m30s`, `4h0m0s`, `500ms`, `250µs`, `0s`.
 * @param ms milliseconds, to the nanosecond; may be negative
 * @throws RangeError when `ms` is not finite
 */
export function formatGoDuration(ms: number): string {
  if (!Number.isFinite(ms)) throw new RangeError(`A duration in milliseconds must be finite, got ${ms}.`)
  const size = Math.abs(ms)
  const whole = Math.trunc(size)
  // In two halves, as nanoseconds of more than 104 days do not fit a double.
  const ns = BigInt(whole) * 1_000_000n + BigInt(Math.round((size - whole) * 1e6))
  if (ns === 0n) return '0s'
  return (ms < 0 ? '-' : '') + (ns < nsPerSecond ? belowOneSecond(ns) : fromOneSecond(ns))
}

function belowOneSecond(ns: bigint): string {
  if (ns < 1000n) return `${ns}ns`
  if (ns < 1_000_000n) return `${decimal(ns, 1000n, 3)}µs`
  return `${decimal(ns, 1_000_000n, 6)}ms`
}

function fromOneSecond(ns: bigint): string {
  const minutes = ns / (60n * nsPerSecond)
  const seconds = `${decimal(ns % (60n * nsPerSecond), nsPerSecond, 9)}s`
  if (minutes === 0n) return seconds
  return minutes < 60n ? `${minutes}m${seconds}` : `${minutes / 60n}h${minutes % 60n}m${seconds}`
}

function decimal(ns: bigint, unit: bigint, digits: number): string {
  const fraction = String(ns % unit)
    .padStart(digits, '0')
    .replace(/0+$/, '')
  return fraction === '' ? String(ns / unit) : `${ns / unit}.${fraction}`
}
