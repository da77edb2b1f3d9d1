import type { Backend, Logger } from '../contracts/index.js'
import type { Sender } from '../sending/index.js'
import type { Persistence } from './persistence.js'

/** What sending callbacks and firing chords takes. */
export interface CompletionParts {
  readonly backend: Backend
  readonly sender: Sender
  readonly persistence: Persistence
  readonly logger: Logger
  /** Who claims chords: unique per worker. */
  readonly owner: string
  readonly chordLeaseMs: number
}
