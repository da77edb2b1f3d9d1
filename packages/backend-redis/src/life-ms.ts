/** What Redis adds to the time of day without overflow, in milliseconds: some 30,000 years. */
const longest = 1e15

/** A life as Redis takes it: whole milliseconds, at least one. */
export function lifeMs(ms: number): number {
  return Math.min(longest, Math.max(1, Math.ceil(ms)))
}
