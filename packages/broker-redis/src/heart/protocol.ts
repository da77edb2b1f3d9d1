import type { RedisConnectionOptions } from '@machinery/redis-connection'

/** One consumer's sign of life. */
export interface HeartSettings {
  readonly key: string
  readonly leaseMs: number
  readonly maxBlockedMs: number
  /** One 64-bit number: when the last sign of life that the server took was sent (process.hrtime, ns). */
  readonly lastBeat: SharedArrayBuffer
}

/** What the main thread tells the thread. Hearts of one broker share a connection. */
export type HeartMessage =
  | { readonly type: 'open'; readonly broker: number; readonly connection: RedisConnectionOptions }
  | { readonly type: 'start'; readonly broker: number; readonly heart: HeartSettings }
  | { readonly type: 'stop'; readonly broker: number; readonly key: string }
  | { readonly type: 'close'; readonly broker: number }

export interface HeartThreadData {
  /** One 64-bit number: when the main thread last ran its event loop (process.hrtime, ns). */
  readonly lastTick: SharedArrayBuffer
}
