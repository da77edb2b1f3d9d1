/** First in, first out, at constant cost however long it is, where `Array.shift` costs more the longer the array. */
export class LinkedQueue<T> {
  #head: Node<T> | undefined
  #tail: Node<T> | undefined
  #size = 0

  get size(): number {
    return this.#size
  }

  push(value: T): void {
    const node: Node<T> = { value, next: undefined }
    if (this.#tail === undefined) this.#head = node
    else this.#tail.next = node
    this.#tail = node
    this.#size++
  }

  /** Puts `value` before all others. */
  unshift(value: T): void {
    this.#head = { value, next: this.#head }
    this.#tail ??= this.#head
    this.#size++
  }

  shift(): T | undefined {
    const node = this.#head
    if (node === undefined) return undefined
    this.#head = node.next
    if (this.#head === undefined) this.#tail = undefined
    this.#size--
    return node.value
  }

  /** The first `limit` values, which stay where they are. */
  first(limit: number): T[] {
    const values: T[] = []
    for (let node = this.#head; node !== undefined && values.length < limit; node = node.next) values.push(node.value)
    return values
  }
}

interface Node<T> {
  readonly value: T
  next: Node<T> | undefined
}
