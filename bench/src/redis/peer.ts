import type { TaskPeer } from '../tasks/task-peer.js'

/** A task queue on Redis, which keeps results. */
export interface Peer extends TaskPeer {
  /** Gets ready to hear of results. */
  prepareAsking(): Promise<void>
  /** Sends `add(a, b)` and waits for its result. */
  ask(a: number, b: number): Promise<number>
}
