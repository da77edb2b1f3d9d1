import { RawNumber } from './raw-number.js'
import { toWellFormed } from './well-formed.js'

/**
 * Parses one JSON value exactly, for texts with which `JSON.parse` is not to be trusted: numbers that a double would
 * round or respell, halves of surrogate pairs, and escapes in keys, which V8 takes for other keys now and then
 * (nodejs/node#63785). Several times slower. The depth of `text` must have been checked.
 *
 * @throws SyntaxError in the words of Go's decoder
 */
export function readJson(text: string): unknown {
  const reader = new JsonReader(text)
  const value = reader.value()
  reader.expectEnd()
  return value
}

const space = /[ \t\n\r]*/y
const number = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y
// biome-ignore lint/suspicious/noControlCharactersInRegex: JSON allows none within strings
const stringEnd = /[^"\\\u0000-\u001f]*/y

class JsonReader {
  readonly #text: string
  #at = 0

  constructor(text: string) {
    this.#text = text
  }

  value(): unknown {
    switch (this.#next()) {
      case '{':
        return this.#object()
      case '[':
        return this.#list()
      case '"':
        return toWellFormed(this.#string())
      case 't':
        return this.#word('true', true)
      case 'f':
        return this.#word('false', false)
      case 'n':
        return this.#word('null', null)
      default:
        return this.#number()
    }
  }

  expectEnd(): void {
    if (this.#next() !== '') throw this.#unexpected('after top-level value')
  }

  #object(): Record<string, unknown> {
    const object: Record<string, unknown> = {}
    this.#at++
    if (this.#skip('}')) return object
    for (;;) {
      if (this.#next() !== '"') throw this.#unexpected('looking for beginning of object key string')
      const key = toWellFormed(this.#string())
      if (!this.#skip(':')) throw this.#unexpected('after object key')
      setOwn(object, key, this.value())
      if (this.#skip('}')) return object
      if (!this.#skip(',')) throw this.#unexpected('after object key:value pair')
    }
  }

  #list(): unknown[] {
    const list: unknown[] = []
    this.#at++
    if (this.#skip(']')) return list
    for (;;) {
      list.push(this.value())
      if (this.#skip(']')) return list
      if (!this.#skip(',')) throw this.#unexpected('after array element')
    }
  }

  #string(): string {
    const start = this.#at
    let hasEscape = false
    for (this.#at++; ; this.#at += 2) {
      this.#match(stringEnd)
      const char = this.#text[this.#at]
      if (char === '"') break
      if (char !== '\\') throw this.#unexpected('in string literal')
      hasEscape = true
    }
    this.#at++
    if (!hasEscape) return this.#text.slice(start + 1, this.#at - 1)
    try {
      return JSON.parse(this.#text.slice(start, this.#at))
    } catch (error) {
      throw new SyntaxError('invalid character in string escape code', { cause: error })
    }
  }

  #number(): number | bigint | RawNumber {
    const source = this.#match(number)
    if (source === '') throw this.#unexpected('looking for beginning of value')
    return exactNumber(source)
  }

  #word<T>(word: string, value: T): T {
    for (const char of word) {
      if (this.#text[this.#at] !== char) throw this.#unexpected(`in literal ${word} (expecting '${char}')`)
      this.#at++
    }
    return value
  }

  /** The next character that is not white space; empty at the end. */
  #next(): string {
    this.#match(space)
    return this.#text.charAt(this.#at)
  }

  #skip(char: string): boolean {
    const isNext = this.#next() === char
    if (isNext) this.#at++
    return isNext
  }

  /** What the pattern finds here; it may find nothing. */
  #match(pattern: RegExp): string {
    pattern.lastIndex = this.#at
    const found = pattern.exec(this.#text)?.[0] ?? ''
    this.#at += found.length
    return found
  }

  #unexpected(where: string): SyntaxError {
    const char = this.#text.codePointAt(this.#at)
    if (char === undefined) return new SyntaxError('unexpected EOF')
    const shown = JSON.stringify(String.fromCodePoint(char)).slice(1, -1)
    return new SyntaxError(`invalid character '${shown === '\\"' ? '"' : shown}' ${where}`)
  }
}

/** Sets a property of its own, whatever its name: assigning `__proto__` would do something else. */
function setOwn(object: Record<string, unknown>, key: string, value: unknown): void {
  if (key === '__proto__') {
    Object.defineProperty(object, key, { value, configurable: true, enumerable: true, writable: true })
  } else {
    object[key] = value
  }
}

/** Nothing Go has an integer type for is longer: 20 digits, or a sign and 19. */
const longestInteger = 20

function exactNumber(source: string): number | bigint | RawNumber {
  const value = Number(source)
  if (!Number.isSafeInteger(value) && source.length <= longestInteger && /^-?\d+$/.test(source)) return BigInt(source)
  return (Object.is(value, -0) ? '-0' : String(value)) === source ? value : new RawNumber(source)
}
