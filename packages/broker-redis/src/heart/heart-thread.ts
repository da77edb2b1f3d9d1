import { Worker } from 'node:worker_threads'
import type { HeartMessage, HeartThreadData } from './protocol.js'

/** How often the main thread notes that its event loop runs, in milliseconds. */
const tickMs = 250

/** How long the thread may take to end by itself, in milliseconds. */
const endsWithinMs = 1_000

/** When this process's event loop last ran, for hearts in any thread. */
export const lastTick: BigInt64Array = new BigInt64Array(new SharedArrayBuffer(8))

/**
 * The one thread of this process that gives signs of life, for all brokers. It runs while any broker has need of it, and
 * keeps no process alive.
 */
export class HeartThread {
  static #running: HeartThread | undefined
  static #brokers = 0

  readonly #worker: Worker
  readonly #users = new Map<number, () => void>()
  readonly #ticking: NodeJS.Timeout

  /** The running thread, or a new one. */
  static get(): HeartThread {
    HeartThread.#running ??= new HeartThread()
    return HeartThread.#running
  }

  private constructor() {
    const workerData: HeartThreadData = { lastTick: lastTick.buffer as SharedArrayBuffer }
    // The form that bundlers recognise.
    this.#worker = new Worker(new URL('./heartbeat-thread.js', import.meta.url), {
      workerData,
      name: 'machinery-heart',
    })
    this.#worker.unref()
    this.#worker.on('error', () => this.#fail())
    this.#worker.on('exit', () => this.#fail())
    this.#ticking = keepTicking()
  }

  /** @param onFailure called once if the thread ends though it is needed */
  join(onFailure: () => void): number {
    const broker = ++HeartThread.#brokers
    this.#users.set(broker, onFailure)
    return broker
  }

  /** @throws DataCloneError for values that cannot be handed to a thread */
  post(message: HeartMessage): void {
    this.#worker.postMessage(message)
  }

  async leave(broker: number): Promise<void> {
    if (!this.#users.delete(broker)) return
    this.post({ type: 'close', broker })
    if (this.#users.size > 0) return
    this.#stop()
    await new Promise<void>((resolve) => {
      const timer = setTimeout(() => void this.#worker.terminate().finally(resolve), endsWithinMs)
      this.#worker.once('exit', () => {
        clearTimeout(timer)
        resolve()
      })
    })
  }

  #stop(): void {
    if (HeartThread.#running === this) HeartThread.#running = undefined
    clearInterval(this.#ticking)
  }

  #fail(): void {
    this.#stop()
    const users = [...this.#users.values()]
    this.#users.clear()
    for (const onFailure of users) onFailure()
  }
}

/** Notes again and again that the event loop runs. Ends with `clearInterval`. */
export function keepTicking(): NodeJS.Timeout {
  const tick = (): void => void Atomics.store(lastTick, 0, process.hrtime.bigint())
  tick()
  return setInterval(tick, tickMs).unref()
}
