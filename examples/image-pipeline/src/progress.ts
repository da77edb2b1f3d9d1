const WIDTH = 30
/** How often a line is written where the output is no terminal, in milliseconds. */
const LINE_EVERY_MS = 2_000

/** A bar on a terminal, and now and then a line elsewhere. Lines of a log written through it stay whole. */
export class Progress {
  readonly #stream: NodeJS.WriteStream
  #bar = ''
  #lineAt = performance.now() + LINE_EVERY_MS

  constructor(stream: NodeJS.WriteStream) {
    this.#stream = stream
  }

  show(done: number, total: number): void {
    const count = `${done} of ${total} tasks`
    if (this.#stream.isTTY) {
      const filled = Math.floor((WIDTH * done) / total)
      this.#bar = `[${'#'.repeat(filled)}${'.'.repeat(WIDTH - filled)}] ${count}`
      this.#stream.write(`\r${this.#bar}\x1b[K`)
    } else if (performance.now() >= this.#lineAt) {
      this.#lineAt = performance.now() + LINE_EVERY_MS
      this.#stream.write(`${count}\n`)
    }
  }

  /** Writes a line of a log above the bar. */
  write(line: string): void {
    this.#stream.write(this.#bar === '' ? line : `\r\x1b[K${line}${this.#bar}`)
  }

  /** Leaves the bar as it is. */
  end(): void {
    if (this.#bar !== '') this.#stream.write('\n')
    this.#bar = ''
  }
}
