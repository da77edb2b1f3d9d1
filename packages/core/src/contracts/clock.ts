/**
 * Time, as this library sees it: when now is, and what happens later. Replace it in tests with `VirtualClock`.
 * Deadlines of network calls do not use it: they are real time, always.
 */
export interface Clock {
  /** Milliseconds since the epoch. */
  now(): number
  /** Calls `callback` once after `ms` milliseconds, however many those are. Returns the function that prevents it. */
  setTimer(callback: () => void, ms: number): () => void
}
