import { fileURLToPath } from 'node:url'
import { LineProcess } from './line-process.js'
import type { Run, RunningWorker } from './run.js'
import type { TsWorkerSettings } from './ts-settings.js'

const script = fileURLToPath(new URL('./ts-worker-process.js', import.meta.url))

/** A worker of this library in a process of its own. */
export class TsWorkerHandle implements RunningWorker {
  readonly runs: Run[] = []
  #process: LineProcess | undefined

  static async start(settings: TsWorkerSettings): Promise<TsWorkerHandle> {
    const worker = new TsWorkerHandle()
    const args = [script, JSON.stringify(settings)]
    worker.#process = await LineProcess.start({ file: process.execPath, args }, ({ name, uuid, t }) =>
      worker.runs.push({ side: 'ts', name: String(name), uuid: String(uuid), t: Number(t) }),
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
}
