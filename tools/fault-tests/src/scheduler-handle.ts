import { type ChildProcess, spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import type { SchedulerConfig, SchedulerLine } from './scheduler-config.js'
import { until } from './until.js'

const script = fileURLToPath(new URL('./scheduler-process.js', import.meta.url))

/** Starting Node and connecting, on a machine that is busy, in milliseconds. */
const readyWithinMs = 15_000

/** A tick that a scheduler sent. */
export interface SentTick {
  /** In ISO 8601. */
  readonly tick: string
  readonly uuid: string
}

/** One scheduler process. */
export class SchedulerHandle {
  readonly #child: ChildProcess
  readonly #exited: Promise<void>
  #output = ''
  #exitCode: number | null | undefined

  /** Resolves when it has registered its periodic task. */
  static async start(config: SchedulerConfig): Promise<SchedulerHandle> {
    const scheduler = new SchedulerHandle(config)
    await until(
      () => scheduler.lines().some(({ event }) => event === 'ready') || scheduler.hasEnded,
      readyWithinMs,
      () => `a scheduler is ready. It printed:\n${scheduler.output}`,
    )
    return scheduler
  }

  private constructor(config: SchedulerConfig) {
    this.#child = spawn(process.execPath, [script, JSON.stringify(config)], {
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    })
    for (const stream of [this.#child.stdout, this.#child.stderr]) {
      stream?.setEncoding('utf8').on('data', (text: string) => {
        this.#output += text
      })
    }
    this.#exited = new Promise((resolve) => {
      // Not `exit`: its last words may still be on their way.
      this.#child.once('close', (code) => {
        this.#exitCode = code
        resolve()
      })
    })
  }

  get output(): string {
    return this.#output
  }

  get hasEnded(): boolean {
    return this.#exitCode !== undefined
  }

  /** What it wrote so far, whole lines only; what is not of ours (a stack) is left out. */
  lines(): readonly SchedulerLine[] {
    const whole = this.#output.slice(0, this.#output.lastIndexOf('\n') + 1).split('\n')
    return whole.flatMap((line) => (line.startsWith('{') ? [JSON.parse(line) as SchedulerLine] : []))
  }

  /** How often it said something. */
  count(text: RegExp): number {
    return this.lines().filter((line) => line.event === 'log' && text.test(line.message)).length
  }

  /** The tick that it had the right to send when its fault happened, in ISO 8601. */
  get lostTick(): string | undefined {
    const [fault] = this.lines().flatMap((line) => (line.event === 'fault' ? [line] : []))
    return fault?.tick
  }

  /** The ticks that it sent, each as often as it did. */
  sent(): readonly SentTick[] {
    return this.lines().flatMap((line) => {
      const tick = line.event === 'log' ? /the tick of (\S+) was sent\.$/.exec(line.message)?.[1] : undefined
      return tick === undefined || line.event !== 'log' ? [] : [{ tick, uuid: String(line.uuid) }]
    })
  }

  /** Sets how wrong its clock is from now on, in milliseconds. */
  setOffset(offsetMs: number): void {
    this.#child.send({ offsetMs })
  }

  signal(signal: NodeJS.Signals): void {
    this.#child.kill(signal)
  }

  async kill(): Promise<void> {
    this.signal('SIGKILL')
    await this.#exited
  }

  /** Asks it to end, and waits. Answers its exit code; undefined when it had to be killed after `ms` milliseconds. */
  async stop(ms: number): Promise<number | null | undefined> {
    let isLate = false
    const late = setTimeout(() => {
      isLate = true
      this.signal('SIGKILL')
    }, ms)
    this.signal('SIGTERM')
    await this.#exited
    clearTimeout(late)
    return isLate ? undefined : this.#exitCode
  }
}
