import type { Broker } from '@machinery/core/adapter'
import type { TimingOptions } from '../timing.js'

export interface BrokerKitOptions extends TimingOptions {
  /**
   * Opens the broker under test. Called for every test, and twice in some: both are then clients of the same server.
   * The kit closes what it opened.
   */
  create(): Broker | Promise<Broker>
  /** Makes a queue that nobody used and returns its name, where the service wants that. @default a random name */
  newQueue?(): string | Promise<string>
  /** Cuts the broker's connections from the server's side; the server goes on. Without it outages are skipped. */
  dropConnections?(): void | Promise<void>
  /** Restarts the server with its data, and resolves when it answers. Without it restarts are skipped. */
  restartServer?(): void | Promise<void>
  /** Whether the service keeps the order of one publisher for one consumer. @default true */
  readonly ordered?: boolean
  /** What bodies the service carries: any bytes, or UTF-8 text only. @default 'bytes' */
  readonly bodies?: 'bytes' | 'text'
  /** How long deliveries of a lost consumer take to come back, in milliseconds. @default patienceMs */
  readonly redeliveryMs?: number
}
