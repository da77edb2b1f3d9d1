import { mkdir } from 'node:fs/promises'
import { extname, join } from 'node:path'
import type { Sharp } from 'sharp'
import sharp from 'sharp'
import { type Scene, scenes } from './sample-scenes.js'

/** Draws a dozen pictures of different sizes, shapes and formats into a directory, and returns it. */
export async function drawSamples(directory: string): Promise<string> {
  await mkdir(directory, { recursive: true })
  for (const [name, scene] of Object.entries(scenes)) await draw(scene, extname(name)).toFile(join(directory, name))
  return directory
}

function draw({ content, height, width }: Scene, ending: string): Sharp {
  const svg = `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}">${content}</svg>`
  const picture = sharp(Buffer.from(svg))
  if (ending !== '.jpg') return picture
  // Tall photos are stored lying on their side, with a note of how the camera was held.
  return height > width ? picture.rotate(270).withMetadata({ orientation: 6 }).jpeg() : picture.jpeg({ quality: 90 })
}
