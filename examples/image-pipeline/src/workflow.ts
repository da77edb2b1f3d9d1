import { chain, chord, group } from '@machinery/core'
import { contactSheet, normalise, sizes, thumbnail } from './tasks.js'

/**
 * For each picture a chain: its working copy, then a group of thumbnails of that. Once all are there, the contact sheet,
 * which takes the thumbnails in the order of the pictures.
 */
export function contactSheetOf(paths: readonly string[], out: string) {
  const thumbnails = group(...sizes.map((size) => thumbnail.s(out, size)))
  const pictures = paths.map((path) => chain(normalise.s(path, out), thumbnails))
  return chord(group(...pictures), contactSheet.s(out))
}
