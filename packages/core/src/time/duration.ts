type Unit = 'ms' | 's' | 'm' | 'h' | 'd'

/** A length of time in words: `500ms`, `1.5s`, `30s`, `2m`, `1h`, `3d`, or two of them as in `1h30m`. */
export type DurationText = `${number}${Unit}` | `${number}${Unit}${number}${Unit}`

/** A length of time: milliseconds, or text such as `'30s'`. Never negative. */
export type Duration = number | DurationText

const millisecondsPer: Readonly<Record<string, number>> = {
  ms: 1,
  s: 1000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
}
const wholeText = /^(?:\d+(?:\.\d+)?(?:ms|[smhd]))+$/
const onePart = /(\d+(?:\.\d+)?)(ms|[smhd])/g
const forms = "Use a number of milliseconds, or text such as '500ms', '30s', '2m', '1h30m' or '3d'."

/**
 * A {@link Duration} in milliseconds. Takes any string too, for durations that come from files and variables.
 * @param name what the duration is for, as the error shall call it
 * @throws TypeError when it is neither a number nor a string
 * @throws RangeError when it is negative, not finite, or text of another form
 */
export function toMilliseconds(duration: number | string, name = 'duration'): number {
  if (typeof duration === 'number') {
    if (duration >= 0 && duration <= Number.MAX_SAFE_INTEGER) return duration
    throw new RangeError(`${name} must be 0 or more milliseconds and finite, got ${duration}.`)
  }
  if (typeof duration !== 'string') {
    throw new TypeError(`${name} must be a duration, got ${duration === null ? 'null' : typeof duration}. ${forms}`)
  }
  if (duration.length > 100 || !wholeText.test(duration)) {
    throw new RangeError(`${name} is no duration: ${JSON.stringify(duration.slice(0, 100))}. ${forms}`)
  }
  let sum = 0
  for (const [, amount, unit] of duration.matchAll(onePart)) sum += Number(amount) * (millisecondsPer[unit ?? ''] ?? 0)
  if (sum > Number.MAX_SAFE_INTEGER) {
    throw new RangeError(`${name} is too long: ${JSON.stringify(duration)}. The most is 285000 years.`)
  }
  // 1.1 * 1000 is 1100.0000000000002; nobody means more than a nanosecond's precision.
  return Number.isInteger(sum) ? sum : Math.round(sum * 1e6) / 1e6
}
