import { type ChildProcess, spawn } from 'node:child_process'
import { setTimeout as delay } from 'node:timers/promises'
import { guarded, unguarded } from './guard.js'

export interface ServerCommand {
  /** For messages. */
  readonly name: string
  readonly file: string
  readonly args: readonly string[]
  readonly dir: string
  readonly env?: Readonly<Record<string, string>>
  /** Asked again and again until it says yes. May reject while the server starts. */
  readonly isReady: () => Promise<boolean>
  readonly readyWithinMs: number
}

/** Signals after which the process is gone. */
const ending: ReadonlySet<NodeJS.Signals> = new Set(['SIGKILL', 'SIGTERM', 'SIGINT', 'SIGQUIT', 'SIGABRT'])

/** Signals that the process cannot refuse go to its children as well; polite ones are for it to pass on. */
const forGroup: ReadonlySet<NodeJS.Signals> = new Set(['SIGKILL', 'SIGSTOP', 'SIGCONT'])

/** How long a server may take to end politely before it is killed, in milliseconds. */
const politeMs = 10_000

/** How much of a server's output is kept to explain a failed start, in characters. */
const keptOutput = 4000

/** One server as a child process in its own process group, which can be ended and started again. */
export class ServerProcess {
  readonly #command: ServerCommand
  #child: ChildProcess | undefined
  #ended: Promise<void> = Promise.resolve()
  #output = ''

  constructor(command: ServerCommand) {
    this.#command = command
  }

  get pid(): number {
    return this.#child?.pid ?? 0
  }

  get #running(): boolean {
    return this.#child?.pid !== undefined && this.#child.exitCode === null && this.#child.signalCode === null
  }

  /** Starts the process and waits until the server is ready. */
  async start(): Promise<void> {
    this.#spawn()
    const deadline = Date.now() + this.#command.readyWithinMs
    while (Date.now() < deadline) {
      if (!this.#running) throw this.#failure('ended while it started')
      if (await this.#command.isReady().catch(() => false)) return
      await delay(20)
    }
    await this.kill('SIGKILL')
    throw this.#failure(`was not ready within ${this.#command.readyWithinMs} ms`)
  }

  async kill(signal: NodeJS.Signals = 'SIGKILL'): Promise<void> {
    if (!this.#running) return this.#ended
    process.kill(forGroup.has(signal) ? -this.pid : this.pid, signal)
    if (!ending.has(signal)) return
    // Whoever waits for its end must live to see it.
    this.#child?.ref()
    await this.#ended
  }

  async restart(): Promise<void> {
    await this.end()
    await this.start()
  }

  /** Politely, then by force. */
  async end(): Promise<void> {
    if (!this.#running) return this.#ended
    await this.kill('SIGCONT')
    const force = setTimeout(() => void this.kill('SIGKILL'), politeMs)
    await this.kill('SIGTERM')
    clearTimeout(force)
  }

  #spawn(): void {
    const { file, args, dir, env } = this.#command
    const child = spawn(file, args, {
      cwd: dir,
      env: { ...process.env, ...env },
      detached: true,
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    this.#child = child
    this.#output = ''
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding('utf8').on('data', (text: string) => {
        this.#output = (this.#output + text).slice(-keptOutput)
      })
      if ('unref' in stream && typeof stream.unref === 'function') stream.unref()
    }
    // A forgotten server must not keep the test process alive: the guard ends it.
    child.unref()
    if (child.pid !== undefined) guarded({ group: child.pid })
    this.#ended = new Promise((resolve) => {
      child.once('error', (error) => {
        this.#output += error.message
        resolve()
      })
      child.once('exit', () => {
        if (child.pid !== undefined) unguarded({ group: child.pid })
        resolve()
      })
    })
  }

  #failure(what: string): Error {
    const { name, file } = this.#command
    return new Error(`${name} (${file}) ${what}. Its last output:\n${this.#output.trim() || '(none)'}`)
  }
}
