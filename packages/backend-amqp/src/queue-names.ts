/** The queues of a task and of a group. Those without `.ts.` are Go's. */
export const queueNames = {
  /** The states of a task, oldest first. */
  states: (taskUuid: string): string => taskUuid,
  /** The terminal states of a group's members, one or more of each. */
  members: (groupUuid: string): string => groupUuid,
  /** Exists as soon as the callback was claimed: workers in Go then leave it alone. */
  triggered: (groupUuid: string): string => `${groupUuid}_chord_triggered`,
  /** The group's record. */
  record: (groupUuid: string): string => `${groupUuid}.ts.record`,
  /** Has room for the claim of one owner, as long as its lease lasts. */
  claim: (groupUuid: string): string => `${groupUuid}.ts.claim`,
  /** Exists as soon as the callback was sent. */
  sent: (groupUuid: string): string => `${groupUuid}.ts.sent`,
} as const
