import type { Backend, TaskState } from '../contracts/index.js'
import { tickBefore, tickWorkflow } from '../schedule/index.js'
import { isTerminal } from '../state/index.js'
import type { CompiledWorkflow } from '../workflow/index.js'
import type { PeriodicRegistration } from './periodic-options.js'

/** How far a scheduler that has just been started looks back for runs: in tasks, and in ticks. */
const LOOK_BACK_TASKS = 1_000
const LOOK_BACK_TICKS = 50

/**
 * Knows whether runs of earlier ticks still go on, whoever sent them: their UUIDs can be computed. It follows a run from
 * the tick after it until it has ended, however many ticks are skipped meanwhile.
 */
export class OverlapWatch {
  readonly #registration: PeriodicRegistration
  readonly #programName: string
  /** Runs that may go on, by tick. */
  readonly #runs = new Map<number, CompiledWorkflow>()
  #isFirst = true

  constructor(registration: PeriodicRegistration, programName: string) {
    this.#registration = registration
    this.#programName = programName
  }

  /** Whether a run of a tick before `tick` has not ended. */
  async isBusy(backend: Backend, tick: Date): Promise<boolean> {
    this.#addRunsBefore(tick)
    const runs = [...this.#runs].filter(([at]) => at < tick.getTime())
    const uuids = runs.flatMap(([, run]) => run.taskUuids)
    const read = uuids.length === 0 ? [] : await backend.readStates(uuids)
    const states = new Map(uuids.map((uuid, index) => [uuid, read[index]]))
    // Only now: a look that failed is one that did not happen.
    this.#isFirst = false
    let isBusy = false
    for (const [at, run] of runs) {
      if (goesOn(run, states)) isBusy = true
      else this.#runs.delete(at)
    }
    return isBusy
  }

  #addRunsBefore(tick: Date): void {
    const { name, schedule, template } = this.#registration
    const most = Math.floor(LOOK_BACK_TASKS / template.taskUuids.length)
    let left = this.#isFirst ? Math.min(LOOK_BACK_TICKS, Math.max(1, most)) : 1
    for (let at = tickBefore(schedule, tick); at !== undefined && left > 0; left--) {
      if (!this.#runs.has(at.getTime())) {
        this.#runs.set(at.getTime(), tickWorkflow(template, this.#programName, name, schedule.spec, at))
      }
      at = tickBefore(schedule, at)
    }
  }
}

/** A run without any state was never sent, or ended so long ago that its records are gone. */
function goesOn(run: CompiledWorkflow, states: ReadonlyMap<string, TaskState | undefined>): boolean {
  const known = run.taskUuids.flatMap((uuid) => states.get(uuid)?.state ?? [])
  if (known.some((state) => !isTerminal(state))) return true
  // The steps behind a failed one never run.
  if (known.length === 0 || known.includes('FAILURE')) return false
  return run.ends.some(({ uuid }) => states.get(uuid) === undefined)
}
