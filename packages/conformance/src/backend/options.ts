import type { Backend } from '@machinery/core/adapter'
import type { TimingOptions } from '../timing.js'

export interface BackendKitOptions extends TimingOptions {
  /**
   * Opens the backend under test. Called for every test, and twice in some: both are then clients of the same server.
   * The kit closes what it opened.
   */
  create(): Backend | Promise<Backend>
  /** Cuts the backend's connections from the server's side; the server goes on. Without it outages are skipped. */
  dropConnections?(): void | Promise<void>
  /** Restarts the server with its data, and resolves when it answers. Without it restarts are skipped. */
  restartServer?(): void | Promise<void>
}
