import { type ChildProcess, spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { until } from './until.js'
import { readyLine, type WorkerConfig } from './worker/worker-config.js'

const script = fileURLToPath(new URL('./worker/worker-process.js', import.meta.url))
const skewedDate = new URL('./worker/skewed-date.js', import.meta.url).href

/** Starting Node and connecting, on a machine that is busy, in milliseconds. */
const readyWithinMs = 15_000

/** How a process ended, and how long that took since it was asked to, in milliseconds. */
export interface Exit {
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
  readonly tookMs: number
}

/** One worker process. */
export class WorkerHandle {
  readonly config: WorkerConfig
  readonly pid: number
  /** When it was killed (epoch ms). */
  killedAt: number | undefined
  /** When it was seen to consume (epoch ms). */
  readyAt: number = Number.POSITIVE_INFINITY
  readonly #child: ChildProcess
  readonly #exited: Promise<void>
  #output = ''
  #askedAt = performance.now()
  #exit: Exit | undefined

  /** Resolves when it consumes, or when it has ended before. */
  static async start(config: WorkerConfig): Promise<WorkerHandle> {
    const worker = new WorkerHandle(config)
    await until(
      () => worker.timesConsuming > 0 || worker.exit !== undefined,
      readyWithinMs,
      () => `worker ${config.tag} consumes. It printed:\n${worker.output}`,
    )
    worker.readyAt = Date.now()
    return worker
  }

  private constructor(config: WorkerConfig) {
    this.config = config
    const { clockOffsetMs } = config
    const preload = clockOffsetMs === undefined ? [] : ['--import', skewedDate]
    const child = spawn(process.execPath, [...preload, script, JSON.stringify(config)], {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...process.env, MACHINERY_FAULT_CLOCK_OFFSET: String(clockOffsetMs ?? 0) },
    })
    if (child.pid === undefined) throw new Error('A worker process could not be started.')
    this.#child = child
    this.pid = child.pid
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding('utf8').on('data', (text: string) => {
        this.#output += text
      })
    }
    this.#exited = new Promise((resolve) => {
      // Not `exit`: its last words may still be on their way.
      child.once('close', (code, signal) => {
        this.#exit = { code, signal, tookMs: performance.now() - this.#askedAt }
        resolve()
      })
    })
  }

  get output(): string {
    return this.#output
  }

  get exit(): Exit | undefined {
    return this.#exit
  }

  /** How often it has opened a consumer. */
  get timesConsuming(): number {
    return this.#output.split(`${readyLine}\n`).length - 1
  }

  signal(signal: NodeJS.Signals): void {
    this.#askedAt = performance.now()
    if (signal === 'SIGKILL') this.killedAt = Date.now()
    this.#child.kill(signal)
  }

  async kill(): Promise<void> {
    this.signal('SIGKILL')
    await this.#exited
  }

  /** Waits for its end. Undefined when it did not come within `ms` milliseconds; it is killed then. */
  async ended(ms: number): Promise<Exit | undefined> {
    const late = setTimeout(() => this.signal('SIGKILL'), ms)
    await this.#exited
    clearTimeout(late)
    return this.killedAt !== undefined && this.#exit?.signal === 'SIGKILL' ? undefined : this.#exit
  }
}
