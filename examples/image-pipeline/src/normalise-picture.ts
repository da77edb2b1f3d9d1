import { readFile } from 'node:fs/promises'
import { basename, join } from 'node:path'
import sharp from 'sharp'
import type { Picture } from './tasks.js'
import { writeWhole } from './write-whole.js'

/** The longest edge of a working copy, in pixels: enough for the largest thumbnail on a screen of four times the density. */
const LONGEST_EDGE = 1_280
/** No picture that people look at takes longer, in seconds; a crafted one may. */
const DECODING_SECONDS = 60

const placeholder = `<svg xmlns="http://www.w3.org/2000/svg" width="640" height="480" fill="none" stroke-linecap="round">
  <rect width="640" height="480" fill="#e4e4e7"/>
  <rect x="40" y="40" width="560" height="400" rx="24" stroke="#c2c2c9" stroke-width="10" stroke-dasharray="26 24"/>
  <path d="M250 170 L390 310 M390 170 L250 310" stroke="#dc2626" stroke-width="34"/>
</svg>`

/**
 * Makes a picture's working copy below `out`. What is no picture, or a broken one, gets a placeholder: trying it again
 * would not help, and one bad file must not cost the others their contact sheet.
 * @param isLastAttempt whether a file that cannot be read gets a placeholder too
 * @throws what reading and writing files throw
 */
export async function normalisePicture(source: string, out: string, isLastAttempt: boolean): Promise<Picture> {
  const name = basename(source)
  const path = join(out, 'normalised', `${name}.webp`)
  try {
    await writeWhole(path, await uprightCopy(await readFile(source).catch(unreadable)))
    return { name, path }
  } catch (error) {
    const isHopeless = error instanceof UndecodableError || (error instanceof UnreadableError && isLastAttempt)
    if (!isHopeless) throw error
    await writeWhole(path, await sharp(Buffer.from(placeholder)).webp().toBuffer())
    return { name, path, failure: error.message }
  }
}

class UnreadableError extends Error {}
class UndecodableError extends Error {}

function unreadable(cause: Error): never {
  throw new UnreadableError(cause.message, { cause })
}

/** Turned as the camera was held, in sRGB, without metadata. */
async function uprightCopy(bytes: Buffer): Promise<Buffer> {
  try {
    return await sharp(bytes)
      .timeout({ seconds: DECODING_SECONDS })
      .autoOrient()
      .resize({ width: LONGEST_EDGE, height: LONGEST_EDGE, fit: 'inside', withoutEnlargement: true })
      .webp({ quality: 92 })
      .toBuffer()
  } catch (cause) {
    // Some messages list what each of several decoders said.
    throw new UndecodableError((cause as Error).message.split('\n', 1)[0], { cause })
  }
}
