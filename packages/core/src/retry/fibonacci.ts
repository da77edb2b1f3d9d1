/** The largest Fibonacci number that a double holds exactly. */
const largest = 8_944_394_323_791_464

/**
 * The next Fibonacci number strictly greater than `after`: 1, 2, 3, 5, 8, 13, … when started at 0.
 * Machinery's delays between retries, in seconds. From 8944394323791464 on (283 million years) it stays there.
 * @throws RangeError when `after` is NaN
 */
export function fibonacciNext(after: number): number {
  if (Number.isNaN(after)) throw new RangeError('The next Fibonacci number needs a number to follow, got NaN.')
  if (after >= largest) return largest
  let [lower, higher] = [1, 1]
  while (higher <= after) [lower, higher] = [higher, lower + higher]
  return higher
}
