import { basename, extname } from 'node:path'
import { ConfigurationError, UnsupportedError } from '../errors/index.js'
import { type PeriodicKind, parseSchedule, periodicTemplate } from '../schedule/index.js'
import type { Signature } from '../signature/index.js'
import { refuseNoSignature } from '../task/index.js'
import { checkWorkflowKind, type SignatureWorkflow, type Workflow } from '../workflow/index.js'
import {
  checkPeriodicOptions,
  type PeriodicGroupOptions,
  type PeriodicInfo,
  resolvePeriodicOptions,
} from './periodic-options.js'
import { PeriodicRunner } from './periodic-runner.js'
import type { PeriodicParts } from './periodic-tick.js'
import { checkWorkflow } from './send-workflow.js'

/** All periodic registrations of a server. */
export class PeriodicTasks {
  readonly #parts: PeriodicParts
  readonly #runners = new Map<string, PeriodicRunner>()
  /** Removed registrations of which a tick is still being sent. */
  readonly #stopping = new Set<Promise<void>>()

  constructor(parts: PeriodicParts) {
    this.#parts = parts
  }

  /** @throws everything that would keep the ticks from being sent, as far as it can be known now */
  register(
    kind: PeriodicKind,
    spec: string,
    name: string,
    what: Signature | Workflow | SignatureWorkflow | readonly Signature[],
    options: PeriodicGroupOptions = {},
  ): void {
    if (typeof name !== 'string' || name === '') {
      throw new TypeError(`A periodic ${kind} needs a name: it is a part of its lock and of its UUIDs.`)
    }
    checkPeriodicOptions(kind, name, options)
    if (kind === 'task') refuseNoSignature(`Periodic task "${name}"`, what, 'registerPeriodic')
    else if (!Array.isArray(what) || kind === 'chord') checkWorkflowKind(`Periodic ${kind} "${name}"`, kind, what)
    const schedule = parseSchedule(spec, options.timeZone === undefined ? {} : { timeZone: options.timeZone })
    if (this.#runners.has(name)) {
      throw new ConfigurationError(
        `A periodic task "${name}" is already registered. Remove it first (server.removePeriodic), or choose another name.`,
      )
    }
    const resolved = resolvePeriodicOptions(options)
    const template = periodicTemplate(kind, name, what)
    const adapters = this.#parts.adapters()
    if (resolved.overlap === 'skip' && adapters.backend.capabilities.reads !== 'many') {
      throw new UnsupportedError(
        `Periodic ${kind} "${name}" cannot skip overlapping runs: the ${adapters.backend.name} backend does not show whether a run has ended. Use a backend that does, or overlap: 'allow'.`,
      )
    }
    checkWorkflow(adapters, template, resolved.sendConcurrency)
    this.#runners.set(name, new PeriodicRunner(this.#parts, { name, kind, schedule, template, ...resolved }))
  }

  list(): readonly PeriodicInfo[] {
    return [...this.#runners.values()].map(({ info }) => info)
  }

  remove(name: string): boolean {
    const runner = this.#runners.get(name)
    if (runner === undefined) return false
    this.#runners.delete(name)
    const stopping = runner.stop().finally(() => this.#stopping.delete(stopping))
    this.#stopping.add(stopping)
    return true
  }

  pause(name: string): boolean {
    this.#runners.get(name)?.pause()
    return this.#runners.has(name)
  }

  resume(name: string): boolean {
    this.#runners.get(name)?.resume()
    return this.#runners.has(name)
  }

  /** Removes all. Resolves when what was being sent has been. */
  async close(): Promise<void> {
    for (const name of this.#runners.keys()) this.remove(name)
    await Promise.all(this.#stopping)
  }
}

/** The name of the running program: that of its script, without extension. In Go it is the name of the executable. */
export function defaultProgramName(): string {
  const path = process.argv[1] ?? process.execPath
  return basename(path, extname(path))
}
