import { execFileSync } from 'node:child_process'
import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { Server, silentLogger } from '@machinery/core'
import sharp from 'sharp'
import { describe, expect, test } from 'vitest'
import { findPictures } from '../src/find-pictures.js'
import { registerTasks } from '../src/register.js'
import { runWorkflow } from '../src/run-workflow.js'
import { drawSamples } from '../src/sample-pictures.js'
import { SheetLayout } from '../src/sheet-layout.js'
import { colourOf, distance, drawNoise, expectProduct } from './pictures.js'
import { deadlineMs, namesIn, newFolder, run, start, tellOf, until } from './support.js'

async function drawPlain(path: string, background: string, width = 400, height = 300): Promise<void> {
  await sharp({ create: { width, height, channels: 3, background } }).toFile(path)
}

describe('pictures that are fine', () => {
  test('without options it draws its own, and shows each where it belongs', async () => {
    const out = newFolder()
    const told = tellOf(await run('--out', out, '--json'))
    expect(told).toEqual({ images: 12, thumbnails: 36, failed: 0, sheet: join(out, 'contact-sheet.png') })
    await expectProduct(join(out, 'pictures'), out)
  })

  test('its own pictures are far enough apart in colour for a mix-up to be noticed', async () => {
    const paths = await findPictures(await drawSamples(newFolder()))
    const colours = await Promise.all(paths.map((path) => colourOf(path)))
    for (const [index, colour] of colours.entries()) {
      for (const other of colours.slice(index + 1)) expect(distance(colour, other)).toBeGreaterThan(12)
    }
  })

  test.for([1, 5])('a directory of %i pictures, with odd names and small ones among them', async (count) => {
    const [dir, out] = [newFolder(), newFolder()]
    const names = ['one <&> "two".png', '-n.PNG', "it's.jpeg", 'line\nend.webp', `${'long '.repeat(20)}.png`]
    for (const [index, name] of names.slice(0, count).entries()) {
      await drawPlain(join(dir, name), `hsl(${index * 70}, 80%, 50%)`, 40 + index * 90, 90)
    }
    expect(tellOf(await run('--dir', dir, '--out', out, '--json'))).toMatchObject({ images: count, failed: 0 })
    await expectProduct(dir, out)
  })
})

describe('pictures that are not', () => {
  test('broken ones get a placeholder, are told with the reason, and do not stop the rest', async () => {
    const [dir, out] = [newFolder(), newFolder()]
    await drawNoise(dir, 2)
    writeFileSync(join(dir, 'a text.png'), 'This is no picture.')
    writeFileSync(join(dir, 'empty.gif'), '')
    const whole = await sharp(join(dir, '00.jpg')).toBuffer()
    writeFileSync(join(dir, 'half.jpg'), whole.subarray(0, whole.length / 2))
    symlinkSync('nowhere', join(dir, 'dangling.png'))
    execFileSync('mkfifo', [join(dir, 'pipe.png')])
    mkdirSync(join(dir, 'folder.png'))
    writeFileSync(join(dir, 'notes.txt'), 'Not even called a picture.')

    const { code, stderr, stdout } = await run('--dir', dir, '--out', out, '--json')
    expect(tellOf({ code, stderr, stdout })).toMatchObject({ images: 2, thumbnails: 6, failed: 4 })
    const told = stdout.split('\n').filter((line) => line.startsWith('not read: '))
    expect(told).toHaveLength(4)
    expect(told[0]).toMatch(/a text\.png: .*unsupported image format/)
    expect(told[1]).toMatch(/dangling\.png: ENOENT/)
    expect(told[2]).toMatch(/empty\.gif: /)
    expect(told[3]).toMatch(/half\.jpg: .*premature end/)
    const cell = new SheetLayout(6).cell(2)
    const centre = { left: cell.x + 78, top: cell.y + 78, width: 4, height: 4 }
    expect(distance(await colourOf(join(out, 'contact-sheet.png'), centre), [220, 38, 38])).toBeLessThan(12)
  })

  test('one that is mended between two attempts is shown', async () => {
    const [dir, out] = [newFolder(), newFolder()]
    symlinkSync('late.data', join(dir, 'late.png'))
    await drawPlain(join(dir, 'late.tmp.png'), '#336699')
    const picture = await sharp(join(dir, 'late.tmp.png')).png().toBuffer()
    const retried: string[] = []
    const info = (message: string): void => {
      if (!message.includes('is tried again')) return
      retried.push(message)
      writeFileSync(join(dir, 'late.data'), picture)
    }
    await using server = new Server({ logger: { ...silentLogger, info } })
    registerTasks(server)
    void server.newWorker('test', 1).launch()
    const options = { out, signal: AbortSignal.timeout(deadlineMs), onProgress: () => {} }
    const made = await runWorkflow(server, [join(dir, 'late.png')], options)
    expect(made).toMatchObject({ images: 1, thumbnails: 3, failed: [] })
    expect(retried).toHaveLength(1)
  })

  test('where nothing can be written, it says so and fails', async () => {
    const [dir, out] = [newFolder(), newFolder()]
    await drawPlain(join(dir, 'a.png'), '#336699')
    writeFileSync(join(out, 'normalised'), 'in the way')
    const { code, stderr } = await run('--dir', dir, '--out', out)
    expect(code).toBe(1)
    expect(stderr.trimEnd().split('\n').at(-1)).toMatch(/normalised/)
    // The stack of the task that failed is part of the log. A program that broke down would end with one.
    expect(stderr).not.toContain('Node.js v')
  })
})

describe('options', () => {
  test.for([
    { args: ['--dir', '/does/not/exist'], says: /"\/does\/not\/exist": it does not exist/ },
    { args: ['--concurrency', '0'], says: /--concurrency takes a whole number from 1 to 100, got "0"/ },
    { args: ['--role', 'send'], says: /--role send needs a --broker/ },
    { args: ['--role', 'boss', '--broker', 'redis://localhost'], says: /--role takes worker or send, got "boss"/ },
    { args: ['--broker', 'amqp://localhost'], says: /--broker takes a URL such as redis:/ },
    { args: ['--broker', 'nonsense'], says: /--broker takes a URL such as redis:/ },
    { args: ['--lease', '299'], says: /--lease takes a whole number from 300/ },
    { args: ['--queue', ''], says: /--queue takes a name/ },
    { args: ['--colour'], says: /--colour/ },
  ])('$args is refused with a text and exit code 2', async ({ args, says }) => {
    const { code, stdout, stderr } = await run(...args)
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' })
    expect(stderr.split('\n')[0]).toMatch(says)
    expect(stderr).toContain('npm start -- [--dir DIRECTORY]')
    expect(stderr).not.toMatch(/^\s+at /m)
  })

  test('a directory without pictures is refused', async () => {
    const dir = newFolder()
    const { code, stderr } = await run('--dir', dir)
    expect(code).toBe(2)
    expect(stderr).toContain(`${dir} has 0 pictures.`)
  })

  test('--help names every option', async () => {
    const { code, stdout } = await run('--help')
    expect(code).toBe(0)
    for (const option of ['--dir', '--out', '--concurrency', '--json', '--broker', '--role', '--queue', '--lease']) {
      expect(stdout).toContain(option)
    }
  })
})

test('SIGTERM ends it soon, in the middle of its work', async () => {
  const [dir, out] = [newFolder(), newFolder()]
  await drawNoise(dir, 15)
  const { child, ended } = start(['--dir', dir, '--out', out, '--concurrency', '1'])
  await until('it is at work', () => namesIn(out, 'normalised').length >= 2)
  child.kill('SIGTERM')
  const { code, stderr, stdout } = await ended
  expect({ code, stdout }).toEqual({ code: 130, stdout: '' })
  expect(stderr).toContain('Stopped before the contact sheet was made.')
  expect(namesIn(out, 'normalised').length).toBeLessThan(15)
})
