import { defineTask, exponential, int, json, rest, string } from '@machinery/core'

/** The longest edge of the thumbnails made of each picture, in pixels. */
export const sizes = [64, 160, 320] as const
/** Those that are shown on the contact sheet. */
export const sheetSize = 160

/** How often a task is tried before it fails for good. */
export const attempts = 3
const retry = { attempts, backoff: exponential('200ms', { max: '2s' }) }

/** A picture's working copy: upright, sRGB, without metadata, no larger than needed. */
export interface Picture {
  /** The name of its file. */
  readonly name: string
  /** Where the working copy is. Pictures stay on disk: what travels is where they are. */
  readonly path: string
  /** Why the picture could not be read. The working copy is a placeholder then. */
  readonly failure?: string
}

export interface Thumbnail extends Picture {
  /** Which of `sizes` it is. */
  readonly size: number
  /** In pixels. */
  readonly width: number
  /** In pixels. */
  readonly height: number
}

export interface ContactSheet {
  /** Where the sheet is. */
  readonly sheet: string
  /** How many pictures it shows, without placeholders. */
  readonly images: number
  /** How many thumbnails were made, without placeholders. */
  readonly thumbnails: number
  readonly failed: readonly { readonly name: string; readonly reason: string }[]
}

/** Makes the working copy of the picture at `path` below the directory `out`. */
export const normalise = defineTask('image.normalise', {
  args: [string, string],
  result: json<Picture>(),
  retry,
  timeout: '2m',
})

/** Makes a thumbnail of that size below the directory `out`. */
export const thumbnail = defineTask('image.thumbnail', {
  args: [string, int, json<Picture>()],
  result: json<Thumbnail>(),
  retry,
  timeout: '1m',
})

/** Makes the contact sheet of all thumbnails in the directory `out`. */
export const contactSheet = defineTask('image.contact-sheet', {
  args: [string, rest(json<Thumbnail>())],
  result: json<ContactSheet>(),
  retry,
  timeout: '2m',
})
