const decoder = new TextDecoder('utf-8', { ignoreBOM: true })

/** Text of UTF-8 bytes. Invalid ones become U+FFFD; a byte order mark is kept, and JSON refuses it. */
export function decodeUtf8(bytes: Uint8Array): string {
  return decoder.decode(bytes)
}

/** UTF-8 bytes of text. A Buffer, since TextEncoder takes several times as long for a concatenated string. */
export function encodeUtf8(text: string): Uint8Array {
  return Buffer.from(text, 'utf8')
}
