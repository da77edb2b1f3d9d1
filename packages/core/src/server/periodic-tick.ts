import type { Clock, Lock, Logger } from '../contracts/index.js'
import { describeError, isMachineryError } from '../errors/index.js'
import { reconnectBackoff } from '../retry/index.js'
import { tickWorkflow } from '../schedule/index.js'
import { sleep } from '../time/index.js'
import { type CompiledWorkflow, startingAt } from '../workflow/index.js'
import { TickClaim } from './periodic-claim.js'
import type { PeriodicOutcome, PeriodicRegistration } from './periodic-options.js'
import { OverlapWatch } from './periodic-overlap.js'
import { abandonWorkflow, sendWorkflowOnce, type WorkflowSenderParts } from './send-workflow.js'

/** What a tick is sent with: it changes when the server's adapters are replaced. */
export interface PeriodicAdapters extends WorkflowSenderParts {
  readonly lock: Lock
}

export interface PeriodicParts {
  readonly clock: Clock
  readonly logger: Logger
  readonly programName: string
  readonly adapters: () => PeriodicAdapters
}

/** How often a scheduler that did not get a tick looks whether the one that did has died. */
const LOOKS = 3
/** Over how long schedulers spread a tick that none of them could lock, in milliseconds. */
const SPREAD_MS = 1_000

/** What would fail the same way again. */
const permanent = [
  'MACHINERY_CONFIGURATION',
  'MACHINERY_UNSUPPORTED',
  'MACHINERY_INVALID_SIGNATURE',
  'MACHINERY_INVALID_ARGUMENT',
  'MACHINERY_CLOSED',
] as const

/** Deals with the ticks of one registration, each from its locks to what was sent. */
export class TickHandler {
  readonly #parts: PeriodicParts
  readonly #registration: PeriodicRegistration
  readonly #overlap: OverlapWatch | undefined

  constructor(parts: PeriodicParts, registration: PeriodicRegistration) {
    this.#parts = parts
    this.#registration = registration
    if (registration.overlap === 'skip') this.#overlap = new OverlapWatch(registration, parts.programName)
  }

  /**
   * Sees to it that the tick is sent: here, or by another scheduler. Resolves when nothing is left to do for it.
   * @param report told what became of the tick, again when that changes
   * @throws the reason of `signal` when it aborts before sending has begun
   */
  async handle(tick: Date, signal: AbortSignal, report: (outcome: PeriodicOutcome) => void): Promise<void> {
    const { clock, logger, programName } = this.#parts
    const { name, schedule, template } = this.#registration
    const adapters = this.#parts.adapters()
    const isBusy = await this.#isBusy(adapters, tick)
    if (isBusy === true) {
      logger.info(`${this.#say(tick)} is skipped: a run of an earlier tick has not ended.`)
      report('skipped')
      return
    }
    // Delays count from the tick, so that all schedulers send the same.
    const workflow = startingAt(tickWorkflow(template, programName, name, schedule.spec, tick), tick.getTime())
    const registration = this.#registration
    const claim = new TickClaim({ clock, lock: adapters.lock, programName, registration, tick, signal })
    const right = await this.#claim(claim, tick, signal, report)
    if (right === 'none') return
    if (right === 'unknown') {
      // All schedulers come here together: spread, most of them see that another was first.
      await sleep(clock, Math.random() * SPREAD_MS, signal)
      if (await this.#wasSent(adapters, workflow)) {
        report('elsewhere')
        return
      }
    }
    report(
      await this.#send(adapters, workflow, tick, right === 'ours' ? claim : undefined, signal, isBusy === undefined),
    )
  }

  /** Whether the tick is ours to send; `unknown` where the lock cannot be reached. */
  async #claim(
    claim: TickClaim,
    tick: Date,
    signal: AbortSignal,
    report: (outcome: PeriodicOutcome) => void,
  ): Promise<'ours' | 'none' | 'unknown'> {
    const { clock, logger } = this.#parts
    try {
      const isForUs = await claim.winFromGo()
      if (isForUs && (await claim.take())) return 'ours'
      report('elsewhere')
      if (!isForUs) return 'none'
      for (let look = 1; look <= LOOKS; look++) {
        const waitMs = claim.leaseMs * (1 + Math.random() / 10)
        if (clock.now() + waitMs > this.#endOf(tick)) return 'none'
        await sleep(clock, waitMs, signal)
        if (!(await claim.take())) continue
        logger.warn(`${this.#say(tick)} is taken over: the scheduler that had taken it did not send it.`)
        return 'ours'
      }
      return 'none'
    } catch (error) {
      if (signal.aborted || !isMachineryError(error, 'MACHINERY_LOCK')) throw error
      logger.warn(
        `${this.#say(tick)} is handled without its lock, as other schedulers may do too; all of them send the same UUIDs: ${describeError(error)}`,
      )
      return 'unknown'
    }
  }

  /** Sends the tick, again after failures for as long as the catch-up window lasts. */
  async #send(
    adapters: PeriodicAdapters,
    workflow: CompiledWorkflow,
    tick: Date,
    claim: TickClaim | undefined,
    signal: AbortSignal,
    checkOverlap: boolean,
  ): Promise<PeriodicOutcome> {
    const { clock, logger } = this.#parts
    const backoff = reconnectBackoff({ firstMs: 1_000 })
    for (;;) {
      try {
        // Another scheduler may have sent it while this process was paused or in trouble.
        if (claim?.isOver && !(await claim.take())) return 'elsewhere'
        if (checkOverlap && (await this.#overlap?.isBusy(adapters.backend, tick))) return 'skipped'
        await sendWorkflowOnce(adapters, workflow, this.#registration.sendConcurrency)
        logger.debug(`${this.#say(tick)} was sent.`, { uuid: workflow.taskUuids[0] })
        await this.#settle(claim, tick)
        return 'sent'
      } catch (error) {
        const isFinal = permanent.some((code) => isMachineryError(error, code))
        const waitMs = backoff.next()
        if (isFinal || signal.aborted || clock.now() + waitMs > this.#endOf(tick)) {
          logger.error(`${this.#say(tick)} was not sent: ${describeError(error)}`)
          // Others may still send it when this server closes, and have their say where there is no lock.
          if (claim !== undefined && !signal.aborted) await this.#giveUp(adapters, workflow, tick, claim)
          if (isFinal) await this.#settle(claim, tick)
          return 'failed'
        }
        logger.warn(`${this.#say(tick)} is tried again in ${Math.round(waitMs)} ms: ${describeError(error)}`)
        await sleep(clock, waitMs, signal).catch(() => undefined)
        if (signal.aborted) return 'failed'
      }
    }
  }

  /** Undefined where the backend could not tell. */
  async #isBusy(adapters: PeriodicAdapters, tick: Date): Promise<boolean | undefined> {
    try {
      return (await this.#overlap?.isBusy(adapters.backend, tick)) ?? false
    } catch (error) {
      this.#parts.logger.warn(`${this.#say(tick)}: earlier runs could not be looked at: ${describeError(error)}`)
      return undefined
    }
  }

  /** Whether somebody has begun to send the tick, as far as the backend knows. */
  async #wasSent({ backend }: PeriodicAdapters, workflow: CompiledWorkflow): Promise<boolean> {
    if (backend.capabilities.reads !== 'many') return false
    try {
      const [state] = await backend.readStates(workflow.roots.slice(0, 1).map(({ uuid }) => uuid))
      return state !== undefined
    } catch {
      // Then nothing can be sent either, and sending says why.
      return false
    }
  }

  async #settle(claim: TickClaim | undefined, tick: Date): Promise<void> {
    try {
      await claim?.settle()
    } catch (error) {
      this.#parts.logger.warn(
        `${this.#say(tick)} was sent, but its lock could not be told; another scheduler may send the same UUIDs again: ${describeError(error)}`,
      )
    }
  }

  async #giveUp(adapters: PeriodicAdapters, workflow: CompiledWorkflow, tick: Date, claim: TickClaim): Promise<void> {
    if (workflow.roots.length === 1) return
    try {
      if (claim.isOver && !(await claim.take())) return
      await abandonWorkflow(adapters, workflow)
    } catch (error) {
      this.#parts.logger.warn(`${this.#say(tick)} was sent in part and could not be cancelled: ${describeError(error)}`)
    }
  }

  #endOf(tick: Date): number {
    return tick.getTime() + this.#registration.catchUpMs
  }

  #say(tick: Date): string {
    const { kind, name } = this.#registration
    return `Periodic ${kind} "${name}": the tick of ${tick.toISOString()}`
  }
}
