const literal = /^-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?$/

/**
 * A JSON number kept as it was written, because a JavaScript number would not be written the same way again:
 * `1.50`, `1e3`, `1e400`, or more than 20 digits. Immutable.
 */
export class RawNumber {
  /** The literal, for example `1.50`. */
  readonly text: string

  /** @throws SyntaxError when `text` is not a JSON number */
  constructor(text: string) {
    if (!literal.test(text)) throw new SyntaxError(`${JSON.stringify(text)} is not a JSON number.`)
    this.text = text
  }

  /** The nearest double; infinite where the literal is beyond all doubles. */
  valueOf(): number {
    return Number(this.text)
  }

  toString(): string {
    return this.text
  }

  /** For `JSON.stringify` in logs. This library's own encoder writes `text`. */
  toJSON(): number {
    return Number(this.text)
  }
}
