const WIDTH = 30

/** A bar on a terminal; nothing where the output is no terminal. */
export class ProgressBar {
  readonly #stream: NodeJS.WriteStream
  #shown = ''

  constructor(stream: NodeJS.WriteStream) {
    this.#stream = stream
  }

  show(done: number, total: number, failed: number): void {
    if (!this.#stream.isTTY) return
    const filled = total === 0 ? WIDTH : Math.floor((WIDTH * done) / total)
    const line = `[${'#'.repeat(filled)}${'.'.repeat(WIDTH - filled)}] ${done}/${total} files${failed === 0 ? '' : `, ${failed} failed`}`
    if (line === this.#shown) return
    this.#shown = line
    this.#stream.write(`\r${line}\x1b[K`)
  }

  end(): void {
    if (this.#shown !== '') this.#stream.write('\n')
  }
}
