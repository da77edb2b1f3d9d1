import { maxJsonDepth } from './limits.js'

/** What a look at JSON text tells before it is parsed. */
export interface JsonScan {
  /** Where the first value begins and ends. What follows is not looked at. */
  readonly start: number
  readonly end: number
  /**
   * Whether `JSON.parse` reads it right: no number that it would round or respell, no half of a surrogate pair, no
   * escapes in keys.
   */
  readonly plain: boolean
}

const quote = 0x22
const backslash = 0x5c
const openBracket = 0x5b
const closeBracket = 0x5d
const openBrace = 0x7b
const closeBrace = 0x7d
const colon = 0x3a
const minus = 0x2d
const zero = 0x30
const nine = 0x39

/**
 * Walks over the first JSON value of `text` without building anything: finds its end, counts how deep it nests, and
 * looks at each number. Does not validate: `JSON.parse` does.
 *
 * @throws SyntaxError when there is no value, when it does not end, or when it nests deeper than `maxDepth`
 */
export function scanJson(text: string, maxDepth: number = maxJsonDepth): JsonScan {
  const start = skipSpace(text, 0)
  const first = text.charCodeAt(start)
  if (Number.isNaN(first)) throw new SyntaxError('EOF')
  // A number, string or word that is the whole text: rare, so that nothing needs finding out here.
  if (first !== openBrace && first !== openBracket) return { start, end: text.length, plain: false }

  const length = text.length
  let depth = 0
  let plain = true
  for (let i = start; i < length; i++) {
    const char = text.charCodeAt(i)
    if (char === quote) {
      let hasEscape = false
      for (i++; i < length; i++) {
        const inner = text.charCodeAt(i)
        if (inner === quote) break
        if (inner === backslash) {
          hasEscape = true
          i++
          if (isSurrogateEscape(text, i)) plain = false
        }
      }
      if (hasEscape && text.charCodeAt(skipSpace(text, i + 1)) === colon) plain = false
    } else if (char === openBrace || char === openBracket) {
      if (++depth > maxDepth) throw new SyntaxError(`invalid character '${text[i]}' exceeded max depth ${maxDepth}`)
    } else if (char === closeBrace || char === closeBracket) {
      if (--depth === 0) return { start, end: i + 1, plain }
    } else if (char === minus || (char >= zero && char <= nine)) {
      const end = numberEnd(text, i)
      if (plain && !isPlainNumber(text, i, end)) plain = false
      i = end - 1
    }
  }
  throw new SyntaxError('unexpected EOF')
}

/** Whether anything but white space follows. */
export function hasTrailingData(text: string, end: number): boolean {
  return skipSpace(text, end) < text.length
}

function skipSpace(text: string, from: number): number {
  let i = from
  for (; ; i++) {
    const char = text.charCodeAt(i)
    if (char !== 0x20 && char !== 0x0a && char !== 0x0d && char !== 0x09) return i
  }
}

/** At the character after a backslash: whether `\ud…` follows. All surrogates begin so, and a few letters of Korean. */
function isSurrogateEscape(text: string, at: number): boolean {
  return text.charCodeAt(at) === 0x75 && (text.charCodeAt(at + 1) | 0x20) === 0x64
}

function numberEnd(text: string, from: number): number {
  for (let i = from + 1; ; i++) {
    const char = text.charCodeAt(i)
    const isPart =
      (char >= zero && char <= nine) ||
      char === 0x2e ||
      char === 0x65 ||
      char === 0x45 ||
      char === 0x2b ||
      char === minus
    if (!isPart) return i
  }
}

/**
 * Whether a double holds the number and is written the same way again. True for up to 15 digits without an exponent,
 * a closing zero after the point, or a leading `0.0`; what is left is decided with more care by the parser.
 */
function isPlainNumber(text: string, from: number, end: number): boolean {
  if (end - from === 1) return true
  let digits = 0
  let point = -1
  for (let i = from; i < end; i++) {
    const char = text.charCodeAt(i)
    if (char >= zero && char <= nine) digits++
    else if (char === 0x2e) point = i
    else if (i !== from) return false
  }
  if (digits > 15) return false
  if (point < 0) return true
  const startsWithZero = text.charCodeAt(point - 1) === zero && text.charCodeAt(point + 1) === zero
  return !startsWithZero && text.charCodeAt(end - 1) !== zero
}
