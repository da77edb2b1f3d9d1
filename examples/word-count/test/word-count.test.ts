import type { ChildProcess } from 'node:child_process'
import { execFileSync, spawn } from 'node:child_process'
import { mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { Server, silentLogger } from '@machinery/core'
import { afterEach, describe, expect, test, vi } from 'vitest'
import { countDirectory } from '../src/count-directory.js'
import { registerTasks } from '../src/register.js'

const main = fileURLToPath(new URL('../dist/main.js', import.meta.url))
const deadlineMs = 30_000

// Machines that build and test are busy; what hangs is ended by the deadline above.
vi.setConfig({ testTimeout: 2 * deadlineMs })

interface Run {
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
}

interface Told {
  readonly files: number
  readonly words: number
  readonly failed: number
  readonly top: readonly { readonly word: string; readonly count: number }[]
}

/** Runs the example as a user does. One that hangs is ended and has no exit code. */
function run(args: readonly string[], onError: (child: ChildProcess, text: string) => void = () => {}): Promise<Run> {
  const child = spawn(process.execPath, [main, ...args], { stdio: ['ignore', 'pipe', 'pipe'], timeout: deadlineMs })
  const told = { stdout: '', stderr: '' }
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    told.stdout += text
  })
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    told.stderr += text
    onError(child, told.stderr)
  })
  return new Promise((resolve, reject) => {
    child.once('error', reject)
    child.once('close', (code) => resolve({ code, ...told }))
  })
}

async function count(dir: string, ...more: string[]): Promise<Told> {
  const { code, stdout, stderr } = await run(['--dir', dir, '--json', ...more])
  expect({ code, stderr: code === 0 ? '' : stderr }).toEqual({ code: 0, stderr: '' })
  return JSON.parse(stdout.trimEnd().split('\n').at(-1) as string) as Told
}

/** What the classic tools count, file by file, so that no word runs from one file into the next. */
function expected(dir: string): { words: number; top: Told['top'] } {
  const pipeline = String.raw`find "$1" -type f \( -iname '*.md' -o -iname '*.markdown' -o -iname '*.txt' -o -iname '*.text' \) \
    -exec sh -c 'for file; do LC_ALL=C tr -cs A-Za-z "\n" < "$file"; echo; done' sh {} + |
    LC_ALL=C tr A-Z a-z | LC_ALL=C sort | uniq -c | LC_ALL=C sort -k1,1nr -k2,2`
  const options = { encoding: 'utf8', maxBuffer: 1 << 30 } as const
  const counts = execFileSync('sh', ['-c', pipeline, 'sh', dir], options)
    .split('\n')
    .flatMap((line) => {
      const [count, word] = line.trim().split(/\s+/)
      return count === undefined || word === undefined ? [] : [{ word, count: Number(count) }]
    })
  return { words: counts.reduce((sum, { count }) => sum + count, 0), top: counts.slice(0, 20) }
}

const folders: string[] = []

function newFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'word-count-'))
  folders.push(folder)
  return folder
}

afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true })
})

/** Words, letters of other alphabets, digits, bytes that are no text: the same at every run. */
function noise(seed: number, bytes: number): Buffer {
  const pieces = ['the', 'The', 'THE', "don't", 'naïve', 'Straße', 'a1b2', 'x_y', '\n', '\r\n', ' ', '--', 'zz']
  const parts: Buffer[] = []
  let state = seed
  for (let size = 0; size < bytes; ) {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    const byte = Buffer.from([state >>> 24])
    const part = state % 7 === 0 ? byte : Buffer.from(`${pieces[(state >>> 8) % pieces.length]} `)
    parts.push(part)
    size += part.length
  }
  return Buffer.concat(parts)
}

describe('what is counted', () => {
  test('words and their numbers are those of tr, sort and uniq', async () => {
    const dir = newFolder()
    for (let index = 0; index < 60; index++) {
      const below = join(dir, `part ${index % 5}`, 'node_modules')
      mkdirSync(below, { recursive: true })
      writeFileSync(join(below, `file${index}.${['md', 'txt', 'MARKDOWN', 'Text'][index % 4]}`), noise(index, 20_000))
    }
    writeFileSync(join(dir, 'program.js'), 'not a text')
    writeFileSync(join(dir, 'empty.md'), '')
    const { files, failed, words, top } = await count(dir)
    expect({ files, failed, words, top }).toEqual({ files: 61, failed: 0, ...expected(dir) })
    expect(top).toHaveLength(20)
  })

  test('a word that two reads of a large file share is one word', async () => {
    const dir = newFolder()
    // 2^20 bytes are read at once: the word begins before that, and ends after it.
    writeFileSync(join(dir, 'a.md'), `${' '.repeat((1 << 20) - 3)}straddling end`)
    const { words, top } = await count(dir)
    expect(words).toBe(2)
    expect(top).toEqual([
      { word: 'end', count: 1 },
      { word: 'straddling', count: 1 },
    ])
  })

  test('names may hold spaces, line ends, any script, and bytes that are no text', async () => {
    const dir = newFolder()
    const names = ['with space.md', 'line\nend.md', ' .md', '-n.md', 'quo\'te".md', 'Ünïcödé 文件 🎉.txt', '$(id).md']
    for (const name of names) writeFileSync(join(dir, name), 'word ')
    const odd = Buffer.concat([Buffer.from(`${dir}/`), Buffer.from([0xff, 0xfe, 0x80]), Buffer.from('.md')])
    writeFileSync(odd, 'word ')
    expect(readdirSync(dir)).toHaveLength(names.length + 1)
    expect(await count(dir)).toMatchObject({ files: names.length + 1, words: names.length + 1, failed: 0 })
  })

  test('a folder without any file, and a file of 50 MB, are counted', async () => {
    const dir = newFolder()
    expect(await count(dir)).toEqual({ files: 0, words: 0, failed: 0, top: [] })
    const text = noise(7, 1_000_000)
    writeFileSync(join(dir, 'large.txt'), Buffer.concat(Array.from({ length: 50 }, () => text)))
    const { files, words, top } = await count(dir)
    expect({ files, words, top }).toEqual({ files: 1, ...expected(dir) })
  })

  test('links to folders are not followed, so circles end', async () => {
    const dir = newFolder()
    mkdirSync(join(dir, 'below'))
    writeFileSync(join(dir, 'below', 'a.md'), 'once')
    symlinkSync('..', join(dir, 'below', 'up'))
    symlinkSync('..', join(dir, 'below', 'up.md'))
    symlinkSync('below', join(dir, 'again'))
    expect(await count(dir)).toMatchObject({ files: 1, words: 1, failed: 0 })
  })
})

describe('what cannot be read', () => {
  test('a pipe, a link to one, a link to a device and a folder named like a text are not read', async () => {
    const dir = newFolder()
    execFileSync('mkfifo', [join(dir, 'pipe.md')])
    symlinkSync('pipe.md', join(dir, 'link.md'))
    symlinkSync('/dev/zero', join(dir, 'endless.txt'))
    mkdirSync(join(dir, 'folder.md'))
    writeFileSync(join(dir, 'a.md'), 'one two')
    expect(await count(dir)).toMatchObject({ files: 1, words: 2, failed: 0 })
  })

  test('what fails is tried again, told with its reason, and does not stop the rest', async () => {
    const dir = newFolder()
    for (let index = 0; index < 300; index++) writeFileSync(join(dir, `fine${index}.md`), 'fine')
    symlinkSync('nowhere', join(dir, 'dangling\n.md'))
    symlinkSync('circle.txt', join(dir, 'circle.txt'))
    const { code, stdout, stderr } = await run(['--dir', dir, '--json'])
    expect(code).toBe(0)
    const lines = stdout.trimEnd().split('\n')
    expect(JSON.parse(lines.at(-1) as string)).toMatchObject({ files: 300, words: 300, failed: 2 })
    const told = lines.filter((line) => line.startsWith('not counted: ')).sort()
    expect(told).toHaveLength(2)
    expect(told[0]).toMatch(/circle\.txt: ELOOP/)
    expect(told[1]).toMatch(/dangling\\u\{a\}\.md: ENOENT/)
    expect(stderr).toMatch(/Task count-words .* failed: ELOOP/)
  })

  test.runIf(process.platform === 'linux')('a file that opens and cannot be read is told as failed', async () => {
    const dir = newFolder()
    // Its first page is mapped in no process, so reading it is an I/O error, for root too.
    symlinkSync('/proc/self/mem', join(dir, 'memory.txt'))
    writeFileSync(join(dir, 'a.md'), 'fine')
    expect(await count(dir)).toMatchObject({ files: 1, words: 1, failed: 1 })
  })

  test('a file that is mended between two attempts is counted', async () => {
    const dir = newFolder()
    symlinkSync('late.data', join(dir, 'late.md'))
    const retried: string[] = []
    const info = (message: string): void => {
      if (!message.includes('is tried again')) return
      retried.push(message)
      writeFileSync(join(dir, 'late.data'), 'in time')
    }
    await using server = new Server({ logger: { ...silentLogger, info } })
    registerTasks(server)
    void server.newWorker('test', 1).launch()
    const options = { concurrency: 1, signal: AbortSignal.timeout(deadlineMs), onProgress: () => {} }
    expect(await countDirectory(server, dir, options)).toMatchObject({ files: 1, words: 2, failed: [] })
    expect(retried).toHaveLength(1)
  })
})

describe('options', () => {
  test.for([
    { args: ['--dir'], says: /--dir/ },
    { args: ['--dir', '/does/not/exist'], says: /"\/does\/not\/exist": it does not exist/ },
    { args: ['--dir', main], says: /it is something else/ },
    { args: ['--dir', ''], says: /--dir takes a directory, got ""/ },
    { args: ['--concurrency', '0'], says: /--concurrency takes a whole number from 1 to 1000, got "0"/ },
    { args: ['--concurrency', 'many'], says: /got "many"/ },
    { args: ['--concurrency', '1.5'], says: /got "1.5"/ },
    { args: ['--concurrency', '1e3'], says: /got "1e3"/ },
    { args: ['--colour'], says: /--colour/ },
    { args: ['folder'], says: /folder/ },
  ])('$args is refused with a text and exit code 2', async ({ args, says }) => {
    const { code, stdout, stderr } = await run(args)
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' })
    expect(stderr.split('\n')[0]).toMatch(says)
    expect(stderr).toContain('npm start -- [--dir DIRECTORY]')
    expect(stderr).not.toMatch(/^\s+at /m)
  })

  test('--help says what there is', async () => {
    const { code, stdout } = await run(['--help'])
    expect(code).toBe(0)
    for (const option of ['--dir', '--concurrency', '--json']) expect(stdout).toContain(option)
  })

  test.for(['1', '1000'])('--concurrency %s gives the same counts', async (concurrency) => {
    const dir = newFolder()
    for (let index = 0; index < 30; index++) writeFileSync(join(dir, `${index}.md`), noise(index, 2_000))
    const { words, top } = await count(dir, '--concurrency', concurrency)
    expect({ words, top }).toEqual(expected(dir))
  })

  test('without --json the same is told for people', async () => {
    const dir = newFolder()
    writeFileSync(join(dir, 'a.md'), 'tell me, tell')
    const { code, stdout } = await run(['--dir', dir])
    expect(code).toBe(0)
    expect(stdout).toBe(`1 files, 3 words in ${dir}\n         2  tell\n         1  me\n`)
  })
})

test('SIGTERM ends it soon, in the middle of its work', async () => {
  const dir = newFolder()
  for (let index = 0; index < 20_000; index++) writeFileSync(join(dir, `${index}.md`), 'some words')
  symlinkSync('nowhere', join(dir, '0.txt'))
  let signalledAt = 0
  // The first failure is told some 300 ms after the first file.
  const { code, stdout, stderr } = await run(['--dir', dir], (child, text) => {
    if (child.killed || !text.includes('ENOENT')) return
    signalledAt = performance.now()
    child.kill('SIGTERM')
  })
  expect(performance.now() - signalledAt).toBeLessThan(5_000)
  expect({ code, stdout }).toEqual({ code: 130, stdout: '' })
  expect(stderr).toContain('Stopped before all files were counted.')
})
