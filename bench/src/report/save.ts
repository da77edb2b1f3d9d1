import { mkdir, readFile, writeFile } from 'node:fs/promises'
import type { Results } from './results.js'

const latest = new URL('../../results/latest.json', import.meta.url)
const readme = new URL('../../README.md', import.meta.url)
const begin = '<!-- results: written by `pnpm bench` -->'
const end = '<!-- end of results -->'

/** Writes results/latest.json and the tables in the README. */
export async function saveResults(results: Results, tables: string): Promise<void> {
  await mkdir(new URL('.', latest), { recursive: true })
  await writeFile(latest, `${JSON.stringify(results, null, 2)}\n`)
  const text = await readFile(readme, 'utf8')
  const [before, rest] = text.split(begin)
  const after = rest?.split(end)[1]
  if (before === undefined || after === undefined) {
    throw new Error(`bench/README.md has lost the lines between which its tables belong: ${begin} and ${end}`)
  }
  await writeFile(readme, `${before}${begin}\n\n${tables}\n\n${end}${after}`)
}
