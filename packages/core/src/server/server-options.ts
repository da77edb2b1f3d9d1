import type { ConfigInput, ConfigSource } from '../config/index.js'
import type { Clock, Logger } from '../contracts/index.js'
import type { Duration } from '../time/index.js'

/** Machinery's configuration, and what only this library has. */
export interface ServerOptions extends ConfigInput {
  /** A configuration that may change while the server runs, from `watchConfig`; instead of the fields of this object. */
  readonly live?: ConfigSource
  /** Where to write logs; `silentLogger` for nowhere. @default readable lines of level info and above, on stderr */
  readonly logger?: Logger
  /** What time it is. @default the system's clock; a `VirtualClock` in tests */
  readonly clock?: Clock
  /**
   * Machinery's eager mode, without adapters: `sendTask` runs the task in this process and resolves when it has ended.
   * ETAs and retry delays are not waited for. @default false
   */
  readonly eager?: boolean
  /** How long any one call to a broker, backend or lock may take. @default '30s' */
  readonly callTimeout?: Duration
  /**
   * The name that schedulers of the same periodic tasks share: a part of their lock and of their runs' UUIDs. Beside
   * Machinery's own, the base name of the Go executable. @default the name of the running script, without extension
   */
  readonly programName?: string
}
