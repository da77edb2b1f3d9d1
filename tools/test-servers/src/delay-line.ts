/** Carries actions out in order, each after the delay that held when it was added, and none while it is frozen. */
export class DelayLine {
  readonly #delayMs: () => number
  readonly #waiting: { readonly dueAt: number; readonly action: () => void }[] = []
  #frozen = false
  #timer: NodeJS.Timeout | undefined

  constructor(delayMs: () => number) {
    this.#delayMs = delayMs
  }

  add(action: () => void): void {
    this.#waiting.push({ dueAt: performance.now() + this.#delayMs(), action })
    this.#advance()
  }

  freeze(on: boolean): void {
    this.#frozen = on
    this.#advance()
  }

  #advance(): void {
    clearTimeout(this.#timer)
    for (let next = this.#waiting[0]; next && !this.#frozen; next = this.#waiting[0]) {
      const waitMs = next.dueAt - performance.now()
      if (waitMs > 0) {
        this.#timer = setTimeout(() => this.#advance(), Math.ceil(waitMs))
        return
      }
      this.#waiting.shift()
      next.action()
    }
  }
}
