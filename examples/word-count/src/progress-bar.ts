const WIDTH = 30
/** A terminal that is written to for each of 100,000 files takes longer than the counting. */
const REDRAW_AFTER_MS = 50

/** A bar on a terminal; nothing where the output is no terminal. Lines written through it stay whole. */
export class ProgressBar {
  readonly #stream: NodeJS.WriteStream
  #line = ''
  #drawnAt = 0

  constructor(stream: NodeJS.WriteStream) {
    this.#stream = stream
  }

  show(done: number, total: number, failed: number): void {
    const part = total === 0 ? 1 : done / total
    const filled = Math.floor(WIDTH * part)
    const percent = `${Math.floor(100 * part)}%`.padStart(4)
    const failures = failed === 0 ? '' : `, ${failed} failed`
    this.#line = `[${'#'.repeat(filled)}${'.'.repeat(WIDTH - filled)}]${percent}  ${done} of ${total} files${failures}`
    if (done === total || performance.now() - this.#drawnAt >= REDRAW_AFTER_MS) this.#draw()
  }

  /** Writes a line of a log above the bar. */
  write(line: string): void {
    this.#stream.write(this.#isDrawn ? `\r\x1b[K${line}${this.#line}` : line)
  }

  /** Leaves the bar as it is. */
  end(): void {
    if (this.#isDrawn) this.#stream.write('\n')
    this.#drawnAt = 0
  }

  get #isDrawn(): boolean {
    return this.#drawnAt > 0
  }

  #draw(): void {
    if (!this.#stream.isTTY) return
    this.#drawnAt = performance.now()
    this.#stream.write(`\r${this.#line}\x1b[K`)
  }
}
