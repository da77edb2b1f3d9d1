import type { Server, Worker } from '@machinery/core'
import { Redis } from 'ioredis'
import type { Run, RunningWorker } from './run.js'
import { registerTasks } from './tasks.js'
import { newServer, type TsWorkerSettings } from './ts-settings.js'

/** A worker of this library in this process. */
export class TsWorker implements RunningWorker {
  readonly runs: Run[] = []
  readonly #server: Server
  readonly #worker: Worker
  readonly #ledger: Redis
  readonly #launched: Promise<void>
  #quitting: Promise<void> | undefined

  /** @param onRun told of each task when it begins */
  constructor(settings: TsWorkerSettings, onRun: (run: Run) => void = () => {}) {
    this.#server = newServer(settings)
    this.#ledger = new Redis(settings.ledger)
    registerTasks(this.#server, this.#ledger, settings.omit)
    const { concurrency = 10, reads } = settings
    this.#worker = this.#server.newWorker('interop', { concurrency, ...(reads !== undefined && { queue: reads }) })
    this.#worker.setPreTaskHandler(({ name, uuid }) => {
      const run: Run = { side: 'ts', name, uuid, t: Date.now() }
      this.runs.push(run)
      onRun(run)
    })
    // Otherwise it would write a log line for each.
    this.#worker.setErrorHandler(() => {})
    this.#launched = this.#worker.launch()
  }

  stop(): Promise<void> {
    return this.quit()
  }

  quit(): Promise<void> {
    this.#quitting ??= this.#quit()
    return this.#quitting
  }

  async #quit(): Promise<void> {
    await this.#worker.quit()
    await this.#launched
    await this.#server.close()
    await this.#ledger.quit()
  }
}
