import { type ChildProcess, fork } from 'node:child_process'
import type { Assignment, Order, Report } from './messages.js'

const program = new URL('../child.js', import.meta.url)

/** A process that carries out one assignment. */
export class Child implements AsyncDisposable {
  readonly #child: ChildProcess
  readonly #what: string
  readonly #exited: Promise<void>

  constructor(assignment: Assignment, nodeOptions: readonly string[] = process.execArgv) {
    this.#what = `${assignment.subject}, ${assignment.suite} ${assignment.experiment} (${assignment.role})`
    this.#child = fork(program, [JSON.stringify(assignment)], {
      execArgv: [...nodeOptions],
      // Structured clones: figures may be NaN or Infinity, which JSON would hide.
      serialization: 'advanced',
    })
    this.#exited = new Promise((resolve) => this.#child.once('exit', () => resolve()))
  }

  tell(order: Order): void {
    this.#child.send(order)
  }

  /** Waits for a report of this type. Rejects when the child failed, ended, or took longer than `ms`. */
  report<Type extends Report['type']>(type: Type, ms: number): Promise<Extract<Report, { type: Type }>> {
    return new Promise((resolve, reject) => {
      const fail = (why: string): void => end(() => reject(new Error(`${this.#what} ${why}`)))
      const onMessage = (report: Report): void => {
        if (report.type === 'failed') fail(`failed: ${report.error}`)
        else if (report.type === type) end(() => resolve(report as Extract<Report, { type: Type }>))
      }
      const onExit = (code: number | null): void => fail(`ended with exit code ${code} before it was done`)
      const timer = setTimeout(() => fail(`was not done within ${ms / 1_000} s`), ms)
      const end = (then: () => void): void => {
        clearTimeout(timer)
        this.#child.off('message', onMessage).off('exit', onExit)
        then()
      }
      this.#child.on('message', onMessage).on('exit', onExit)
    })
  }

  /** Waits a little for the process to end by itself, so that it can write a profile; then ends it. */
  async [Symbol.asyncDispose](): Promise<void> {
    const force = setTimeout(() => this.#child.kill('SIGKILL'), 3_000)
    await this.#exited
    clearTimeout(force)
  }
}
