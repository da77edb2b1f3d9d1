import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'

const root = fileURLToPath(new URL('../../..', import.meta.url))
const src = `${root}/packages/core/src`
const page = readFileSync(`${root}/docs/architecture.md`, 'utf8')

async function readRooms(): Promise<Readonly<Record<string, readonly string[]>>> {
  const path = `${root}/scripts/check/rooms.mjs`
  const module = (await import(path)) as { readonly rooms: Readonly<Record<string, readonly string[]>> }
  return module.rooms
}

/** The rows of the table of rooms: name, what is in it, what it may import. */
const rows = [...page.matchAll(/^\| `([a-z]+)\/` \| (.+) \| (.+) \|$/gm)].map(
  ([, room = '', about = '', imports = '']) => ({
    room,
    about,
    imports,
  }),
)

test('the map lists every room, with what may be imported there', async () => {
  const rooms = await readRooms()
  const folders = readdirSync(src, { withFileTypes: true }).filter((entry) => entry.isDirectory())
  expect(rows.map(({ room }) => room).toSorted()).toEqual(folders.map(({ name }) => name).toSorted())
  for (const { room, about, imports } of rows) {
    expect(about.length, room).toBeGreaterThan(10)
    if (room === 'worker') expect(imports).toBe('all but `server/`')
    else if (room === 'server') expect(imports).toBe('all')
    else expect(imports, room).toBe(rooms[room]?.join(', ') || 'nothing')
  }
})

test('every file that the map names exists', () => {
  const names = [...page.matchAll(/`([a-z]+\/[\w.*-]+)`/g)].map(([, name = '']) => name)
  const files = names.filter((name) => /\.(?:ts|mjs)$/.test(name))
  expect(files.length).toBeGreaterThan(30)
  for (const file of files) {
    const [room = '', name = ''] = file.split('/')
    const pattern = new RegExp(`^${name.replaceAll('.', '\\.').replaceAll('*', '.*')}$`)
    const folder = `${src}/${room}`
    expect(existsSync(folder) ? readdirSync(folder) : [], file).toSatisfy((found: string[]) =>
      found.some((each) => pattern.test(each)),
    )
  }
})

test('pages on decisions are numbered once, and say what was decided and what was rejected', () => {
  const pages = readdirSync(`${root}/docs/decisions`)
  const numbers = pages.map((name) => name.slice(0, 4))
  expect(new Set(numbers).size).toBe(pages.length)
  for (const name of pages) {
    expect(name).toMatch(/^\d{4}-[a-z0-9-]+\.md$/)
    const text = readFileSync(`${root}/docs/decisions/${name}`, 'utf8')
    for (const heading of ['Situation', 'Decision', 'Rejected']) expect(text, name).toContain(`\n## ${heading}\n`)
    expect(text.split(/\s+/).length, `${name} is longer than a page`).toBeLessThan(1_000)
    for (const [, link = ''] of text.matchAll(/\]\((?!https?:)([^)#]+)\)/g)) {
      expect(existsSync(`${root}/docs/decisions/${link}`), `${name} links to ${link}`).toBe(true)
    }
  }
})
