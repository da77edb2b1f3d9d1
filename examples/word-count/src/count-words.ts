import { constants } from 'node:fs'
import { open } from 'node:fs/promises'
import type { WordCounts } from './tasks.js'

/** How much of a file is read at once, in bytes. */
const PIECE_BYTES = 1 << 20
/** 1 for each byte that is an ASCII letter. */
const isLetter = Uint8Array.from({ length: 256 }, (_, byte) => (/[A-Za-z]/.test(String.fromCharCode(byte)) ? 1 : 0))

/**
 * Counts the words of a file: runs of ASCII letters, in lower case. Reads it piece by piece, so its size does not matter.
 * @throws what reading the file throws, and the reason of `signal`
 */
export async function countWordsOf(path: Uint8Array, signal: AbortSignal): Promise<WordCounts> {
  // Opening a pipe would wait for somebody who writes to it, and no signal could end that.
  await using file = await open(Buffer.from(path), constants.O_RDONLY | (constants.O_NONBLOCK ?? 0))
  const stats = await file.stat()
  if (!stats.isFile()) throw new Error('It is a pipe, a device or a directory, not a file.')
  // Some files, such as those of /proc, say that they are empty and are not.
  const piece = Buffer.allocUnsafe(Math.min(PIECE_BYTES, Math.max(stats.size, 65_536)))
  const counts = new Map<string, number>()
  // The letters of a word that the last piece ended in.
  let carried = ''
  for (;;) {
    signal.throwIfAborted()
    const { bytesRead } = await file.read(piece, 0, piece.length, null)
    if (bytesRead === 0) break
    carried = countPiece(piece.subarray(0, bytesRead), carried, counts)
  }
  if (carried !== '') note(counts, carried)
  return [...counts]
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
