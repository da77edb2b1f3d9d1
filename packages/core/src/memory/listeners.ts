/** Those who want to be told of something. Each call is on its own: what one throws reaches neither the others nor the caller. */
export class Listeners<T> {
  readonly #listeners = new Set<(news: T) => void>()

  /** Returns the function that ends it. */
  add(listener: (news: T) => void): () => void {
    // An own function, so that one listener added twice is told twice and each end ends one.
    const own = (news: T): void => listener(news)
    this.#listeners.add(own)
    return () => this.#listeners.delete(own)
  }

  tell(news: T): void {
    for (const listener of this.#listeners) {
      queueMicrotask(() => {
        if (this.#listeners.has(listener)) listener(news)
      })
    }
  }
}
