import { createReadStream } from 'node:fs'
import type { WordCounts } from './tasks.js'

/** 1 for each byte that is an ASCII letter. */
const isLetter = Uint8Array.from({ length: 256 }, (_, byte) => (/[A-Za-z]/.test(String.fromCharCode(byte)) ? 1 : 0))

/**
 * Counts the words of a file: runs of ASCII letters, in lower case. Reads it piece by piece, so its size does not matter.
 * @throws what reading the file throws, and the reason of `signal`
 */
export async function countWordsOf(path: Uint8Array, signal: AbortSignal): Promise<WordCounts> {
  const counts = new Map<string, number>()
  // The letters of a word that the last piece ended in.
  let carried = ''
  for await (const piece of createReadStream(Buffer.from(path), { signal, highWaterMark: 1 << 20 })) {
    carried = countPiece(piece as Buffer, carried, counts)
  }
  if (carried !== '') note(counts, carried)
  return Object.fromEntries(counts)
}

/** Counts the words that end in `piece`, and returns the letters of one that does not. */
function countPiece(piece: Buffer, carried: string, counts: Map<string, number>): string {
  let word = carried
  let start = 0
  for (let index = 0; index < piece.length; index++) {
    if (isLetter[piece[index] as number] === 1) continue
    if (index > start) word += lowerCase(piece, start, index)
    if (word !== '') note(counts, word)
    word = ''
    start = index + 1
  }
  return word + lowerCase(piece, start, piece.length)
}

function lowerCase(piece: Buffer, start: number, end: number): string {
  return piece.toString('latin1', start, end).toLowerCase()
}

function note(counts: Map<string, number>, word: string): void {
  counts.set(word, (counts.get(word) ?? 0) + 1)
}
