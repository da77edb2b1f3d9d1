/** The record of a group. */
export interface GroupRecord {
  readonly groupUuid: string
  /** The members, in order. */
  readonly taskUuids: readonly string[]
  /** Whether the chord's callback was claimed or sent. */
  readonly chordTriggered: boolean
  /** When the group was sent: RFC 3339 text. */
  readonly createdAt: string
}
