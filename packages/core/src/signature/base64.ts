import { InvalidArgumentError } from '../errors/index.js'

const alphabetThenPadding = /^[A-Za-z0-9+/]*={0,2}$/
const lineBreaks = /[\r\n]+/g

/** Bytes as standard base64 with padding. */
export function encodeBase64(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('base64')
}

/**
 * Bytes of standard base64 with padding; line breaks within it are skipped, as Go skips them.
 * @throws InvalidArgumentError in Go's words: `illegal base64 data at input byte 3`
 */
export function decodeBase64(text: string): Uint8Array {
  const packed = text.replace(lineBreaks, '')
  if (packed.length % 4 === 0 && alphabetThenPadding.test(packed)) return new Uint8Array(Buffer.from(packed, 'base64'))
  throw new InvalidArgumentError(`illegal base64 data at input byte ${firstIllegalByte(Buffer.from(text))}`)
}

/** Where Go's decoder gives up. */
function firstIllegalByte(bytes: Uint8Array): number {
  let inGroup = 0
  for (let i = 0; i < bytes.length; i++) {
    const char = String.fromCharCode(bytes[i] as number)
    if (char === '\r' || char === '\n') continue
    if (char === '=' && inGroup === 2) return illegalAfterPadding(bytes, i)
    if (char === '=' && inGroup === 3) return nextSymbol(bytes, i)
    if (!/[A-Za-z0-9+/]/.test(char)) return i
    inGroup = (inGroup + 1) % 4
  }
  return bytes.length - inGroup
}

/** The first of two `=` is at `i`: either the second is missing, or what follows it is too much. */
function illegalAfterPadding(bytes: Uint8Array, i: number): number {
  const second = nextSymbol(bytes, i)
  if (second === bytes.length) return second
  return bytes[second] === 0x3d ? nextSymbol(bytes, second) : second - 1
}

function nextSymbol(bytes: Uint8Array, after: number): number {
  let i = after + 1
  while (bytes[i] === 0x0a || bytes[i] === 0x0d) i++
  return i
}
