import { join } from 'node:path'
import sharp from 'sharp'
import { printable } from './printable.js'
import { SheetLayout } from './sheet-layout.js'
import type { ContactSheet, Thumbnail } from './tasks.js'
import { sheetSize } from './tasks.js'
import { writeWhole } from './write-whole.js'

/** How many characters of a name fit below a cell. */
const NAME_LENGTH = 22

/** Shows every picture in a grid, with its name below. */
export async function makeContactSheet(out: string, thumbnails: readonly Thumbnail[]): Promise<ContactSheet> {
  const tiles = thumbnails.filter(({ size }) => size === sheetSize)
  const layout = new SheetLayout(tiles.length)
  const sheet = join(out, 'contact-sheet.png')
  const png = await sharp(Buffer.from(background(tiles, layout, await hasFont())))
    .composite(tiles.map(({ path, width, height }, index) => ({ input: path, ...layout.tile(index, width, height) })))
    .removeAlpha()
    .png()
    .toBuffer()
  await writeWhole(sheet, png)
  const failed = tiles.flatMap(({ name, failure }) => (failure === undefined ? [] : [{ name, reason: failure }]))
  return {
    sheet,
    images: tiles.length - failed.length,
    thumbnails: thumbnails.filter(({ failure }) => failure === undefined).length,
    failed,
  }
}

function background(tiles: readonly Thumbnail[], layout: SheetLayout, withNames: boolean): string {
  const { width, height } = layout
  const cells = tiles.map(({ name, failure }, index) => {
    const { x, y } = layout.cell(index)
    const cell = `<rect x="${x}" y="${y}" width="${sheetSize}" height="${sheetSize}" fill="#f1f1f4"/>`
    if (!withNames) return cell
    const colour = failure === undefined ? '#3f3f46' : '#dc2626'
    // The inner svg cuts off what is wider than its cell.
    return `${cell}<svg x="${x}" y="${y + sheetSize}" width="${sheetSize}" height="24">
      <text x="${sheetSize / 2}" y="17" fill="${colour}">${escapeXml(shorten(printable(name)))}</text></svg>`
  })
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}"
    font-family="sans-serif" font-size="12" text-anchor="middle">
    <rect width="${width}" height="${height}" fill="#fff"/>${cells.join('')}</svg>`
}

/** Leaves the ending, which says what it is. */
function shorten(name: string): string {
  const characters = [...name]
  if (characters.length <= NAME_LENGTH) return name
  return [...characters.slice(0, NAME_LENGTH - 9), '…', ...characters.slice(-8)].join('')
}

function escapeXml(text: string): string {
  return text.replace(/[<>&]/g, (character) => `&#${character.charCodeAt(0)};`)
}

/** Without any font, as in small containers, all letters are boxes of the same width. No names are better then. */
async function hasFont(): Promise<boolean> {
  const widthOf = async (text: string) => (await sharp({ text: { text, dpi: 200 } }).metadata()).width
  return widthOf('MMMM').then(
    async (width) => width !== (await widthOf('iiii')),
    () => false,
  )
}
