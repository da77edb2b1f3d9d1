import { join } from 'node:path'
import sharp from 'sharp'
import { expect } from 'vitest'
import { findPictures } from '../src/find-pictures.js'
import { SheetLayout } from '../src/sheet-layout.js'
import { sizes } from '../src/tasks.js'

export type Colour = readonly [red: number, green: number, blue: number]

/** What shows through transparent pictures. */
const cellColour = '#f1f1f4'

/** The average colour of a picture, or of a part of it. */
export async function colourOf(
  path: string,
  part?: { left: number; top: number; width: number; height: number },
): Promise<Colour> {
  let picture = sharp(path).autoOrient()
  if (part !== undefined) picture = picture.extract(part)
  // Statistics are of what is read, not of what is done to it then: so it is done first.
  const { data, info } = await picture.flatten({ background: cellColour }).raw().toBuffer({ resolveWithObject: true })
  const { channels } = await sharp(data, { raw: info }).stats()
  return channels.slice(0, 3).map(({ mean }) => mean) as unknown as Colour
}

export function distance(one: Colour, other: Colour): number {
  return Math.max(...one.map((value, channel) => Math.abs(value - (other[channel] as number))))
}

/** The size of a picture that is scaled to fit into a square, seen upright. */
async function scaled(path: string, edge: number): Promise<{ width: number; height: number }> {
  const { autoOrient } = await sharp(path).metadata()
  const factor = Math.min(1, edge / Math.max(autoOrient.width, autoOrient.height))
  return { width: Math.round(autoOrient.width * factor), height: Math.round(autoOrient.height * factor) }
}

/** Checks that each picture of a directory has its thumbnails and its tile, by their sizes and average colours. */
export async function expectProduct(directory: string, out: string): Promise<void> {
  const sheet = join(out, 'contact-sheet.png')
  const paths = await findPictures(directory)
  const layout = new SheetLayout(paths.length)
  expect(await sharp(sheet).metadata()).toMatchObject({ format: 'png', width: layout.width, height: layout.height })
  for (const [index, path] of paths.entries()) {
    const name = path.slice(directory.length + 1)
    const colour = await colourOf(path)
    for (const size of sizes) {
      const thumbnail = join(out, 'thumbnails', String(size), `${name}.webp`)
      const { width, height, exif, orientation } = await sharp(thumbnail).metadata()
      expect({ name, width, height, exif, orientation }).toEqual({ name, ...(await scaled(path, size)) })
      expect(distance(await colourOf(thumbnail), colour), `${name} at ${size}`).toBeLessThan(6)
    }
    const { width, height } = await scaled(path, 160)
    const tile = await colourOf(sheet, { ...layout.tile(index, width, height), width, height })
    expect(distance(tile, colour), `the tile of ${name}`).toBeLessThan(6)
  }
}

/** Draws pictures that take a while to decode: noise, each of a colour of its own. */
export async function drawNoise(directory: string, count: number): Promise<void> {
  const noise = await sharp({
    create: {
      width: 1_300,
      height: 1_000,
      channels: 3,
      background: '#000',
      noise: { type: 'gaussian', mean: 128, sigma: 30 },
    },
  })
    .toColourspace('srgb')
    .jpeg()
    .toBuffer()
  for (let index = 0; index < count; index++) {
    const tint = { r: (index * 67) % 256, g: (index * 131) % 256, b: (index * 29) % 256 }
    await sharp(noise)
      .tint(tint)
      .toFile(join(directory, `${String(index).padStart(2, '0')}.jpg`))
  }
}
