import { type ChildProcess, spawn } from 'node:child_process'
import { createInterface } from 'node:readline'

/** How long a process may take to be ready, in milliseconds: the machine may be busy with other tests. */
const readyWithinMs = 20_000

/** How much of what it says on standard error is kept, in characters. */
const keptErrors = 4_000

export interface LineProcessOptions {
  readonly file: string
  readonly args: readonly string[]
  /** What the process takes for its own name. @default the file */
  readonly argv0?: string
}

/** A process that prints a JSON object per line, the first of which says that it is ready. It ends when its input does. */
export class LineProcess {
  readonly #child: ChildProcess
  readonly #ended: Promise<void>
  readonly #listener: (line: Record<string, unknown>) => void
  #errors = ''
  #hasEnded = false

  static async start(
    options: LineProcessOptions,
    listener: (line: Record<string, unknown>) => void,
  ): Promise<LineProcess> {
    let setReady = (): void => {}
    const ready = new Promise<boolean>((resolve) => {
      setReady = () => resolve(true)
    })
    const started = new LineProcess(options, (line) => (line.event === 'ready' ? setReady() : listener(line)))
    let timer: NodeJS.Timeout | undefined
    const late = new Promise<boolean>((resolve) => {
      timer = setTimeout(() => resolve(false), readyWithinMs)
    })
    const isReady = await Promise.race([ready, late, started.#ended.then(() => false)])
    clearTimeout(timer)
    if (isReady) return started
    await started.kill()
    throw new Error(`${options.file} ${options.args.join(' ')} was not ready in time. It printed:\n${started.#errors}`)
  }

  private constructor({ file, args, argv0 }: LineProcessOptions, listener: (line: Record<string, unknown>) => void) {
    this.#listener = listener
    this.#child = spawn(file, args, { stdio: ['pipe', 'pipe', 'pipe'], ...(argv0 !== undefined && { argv0 }) })
    const { stdout, stderr, stdin } = this.#child
    if (stdout === null || stderr === null || stdin === null) throw new Error(`${file} has no standard streams.`)
    createInterface(stdout).on('line', (line) => this.#listener(JSON.parse(line)))
    stderr.setEncoding('utf8').on('data', (text: string) => {
      this.#errors = (this.#errors + text).slice(-keptErrors)
    })
    // A process that has died is noticed by its end.
    stdin.on('error', () => {})
    this.#ended = new Promise((resolve) => {
      const end = (): void => {
        this.#hasEnded = true
        resolve()
      }
      this.#child.once('error', (error) => {
        this.#errors += error.message
        end()
      })
      this.#child.once('close', end)
    })
  }

  get pid(): number {
    return this.#child.pid ?? 0
  }

  /** The end of what it printed on standard error. */
  get errors(): string {
    return this.#errors
  }

  get ended(): Promise<void> {
    return this.#ended
  }

  write(line: string): void {
    this.#child.stdin?.write(`${line}\n`)
  }

  /** Politely: what runs may finish. */
  async quit(): Promise<void> {
    if (!this.#hasEnded) this.#child.kill('SIGTERM')
    await this.#ended
  }

  async kill(): Promise<void> {
    if (!this.#hasEnded) this.#child.kill('SIGKILL')
    await this.#ended
  }
}
