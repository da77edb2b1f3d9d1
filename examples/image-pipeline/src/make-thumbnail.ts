import { join } from 'node:path'
import sharp from 'sharp'
import type { Picture, Thumbnail } from './tasks.js'
import { writeWhole } from './write-whole.js'

/** Makes a thumbnail whose longest edge is `size` pixels, or that of the picture if it is smaller. */
export async function makeThumbnail(out: string, size: number, picture: Picture): Promise<Thumbnail> {
  const { data, info } = await sharp(picture.path)
    .resize({ width: size, height: size, fit: 'inside', withoutEnlargement: true })
    .webp({ quality: 85 })
    .toBuffer({ resolveWithObject: true })
  const path = join(out, 'thumbnails', String(size), `${picture.name}.webp`)
  await writeWhole(path, data)
  return { ...picture, path, size, width: info.width, height: info.height }
}
