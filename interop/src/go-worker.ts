import { LineProcess } from './line-process.js'
import type { Run, RunningWorker } from './run.js'

/** A worker of Machinery (Go) in a process of its own. */
export class GoWorker implements RunningWorker {
  readonly runs: Run[] = []
  /** The texts of tasks that failed for good, and of failures of the broker. */
  readonly failures: string[] = []
  #process: LineProcess | undefined

  static async start(program: string, args: readonly string[]): Promise<GoWorker> {
    const worker = new GoWorker()
    worker.#process = await LineProcess.start({ file: program, args: ['worker', ...args] }, (line) =>
      worker.#note(line),
    )
    return worker
  }

  stop(): Promise<void> {
    return this.kill()
  }

  quit(): Promise<void> {
    return this.#process?.quit() ?? Promise.resolve()
  }

  kill(): Promise<void> {
    return this.#process?.kill() ?? Promise.resolve()
  }

  #note({ event, name, uuid, t, error }: Record<string, unknown>): void {
    if (event === 'run') this.runs.push({ side: 'go', name: String(name), uuid: String(uuid), t: Number(t) })
    else this.failures.push(String(error))
  }
}
