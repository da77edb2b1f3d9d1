import type { Scale } from '../harness/suite.js'

/** One line of the results: a measure of a subject. */
export interface Row {
  readonly suite: string
  readonly measure: string
  readonly subject: string
  /** Over all rounds, as are `min` and `max`. */
  readonly median: number
  readonly min: number
  readonly max: number
  readonly unit: string
  /** How many times better than BullMQ's median: above 1 is better, whatever the unit. Null: there is nothing to divide by. */
  readonly ratioToBullmq: number | null
  /** The same for the server's plain client doing the least that the task takes. Null where the suite has none. */
  readonly ratioToRaw: number | null
}

/** Where it was measured. Names no host and no path. */
export interface Machine {
  readonly cpu: string
  readonly cores: number
  readonly os: string
  readonly node: string
  readonly redis?: string
  readonly rabbitmq?: string
}

export interface Settings {
  readonly rounds: number
  readonly scale: Scale
}

/** What is in results/latest.json. */
export interface Results {
  readonly machine: Machine
  /** Of what was compared. */
  readonly versions: Readonly<Record<string, string>>
  readonly settings: Settings
  readonly rows: readonly Row[]
}
