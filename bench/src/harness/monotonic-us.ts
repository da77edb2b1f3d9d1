/** Microseconds on a clock that all processes of the machine share, unlike `performance.now()`. */
export function monotonicUs(): number {
  return Number(process.hrtime.bigint()) / 1_000
}
