import { type ChildProcess, spawn } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describeWithServer } from '@machinery-internal/test-servers/vitest'
import { describe, expect, onTestFinished, test } from 'vitest'

const main = fileURLToPath(new URL('../dist/main.js', import.meta.url))
const deadlineMs = 30_000

interface Run {
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
}

/** Runs the example as a user does. One that hangs, or outlives its test, is ended and has no exit code. */
function start(args: readonly string[]): { child: ChildProcess; ended: Promise<Run> } {
  const child = spawn(process.execPath, [main, ...args], { stdio: ['ignore', 'pipe', 'pipe'], timeout: deadlineMs })
  const told = { stdout: '', stderr: '' }
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    told.stdout += text
  })
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    told.stderr += text
  })
  const ended = new Promise<Run>((resolve, reject) => {
    child.once('error', reject)
    child.once('close', (code) => resolve({ code, ...told }))
  })
  onTestFinished(async () => {
    child.kill('SIGKILL')
    await ended
  })
  return { child, ended }
}

/** A hundred texts, each with words of its own and one that all have, and one that cannot be read. */
function newTexts(): string {
  const dir = mkdtempSync(join(tmpdir(), 'word-count-redis-'))
  onTestFinished(() => rmSync(dir, { recursive: true, force: true }))
  for (let index = 0; index < 100; index++) {
    writeFileSync(join(dir, `${index}.md`), `all ${'most '.repeat(index)}${index < 3 ? 'few' : ''}`)
  }
  symlinkSync('nowhere', join(dir, 'dangling.md'))
  return dir
}

const expected = {
  files: 100,
  words: 100 + 4_950 + 3,
  failed: 1,
  top: [
    { word: 'most', count: 4_950 },
    { word: 'all', count: 100 },
    { word: 'few', count: 3 },
  ],
}

describeWithServer('redis', 'on Redis', (url) => {
  function fleet(): string[] {
    return ['--broker', url, '--queue', `word-count-${randomUUID()}`]
  }

  function lastLineOf({ code, stderr, stdout }: Run): unknown {
    expect({ code, stderr: code === 0 ? '' : stderr }).toEqual({ code: 0, stderr: '' })
    return JSON.parse(stdout.trimEnd().split('\n').at(-1) as string)
  }

  test('one process sends and works', { timeout: deadlineMs }, async () => {
    expect(lastLineOf(await start([...fleet(), '--dir', newTexts(), '--json']).ended)).toEqual(expected)
  })

  test('one process sends, two work until they are told to stop', { timeout: deadlineMs }, async () => {
    const shared = fleet()
    const workers = [start([...shared, '--role', 'worker']), start([...shared, '--role', 'worker'])]
    const sender = start([...shared, '--role', 'send', '--dir', newTexts(), '--json'])
    expect(lastLineOf(await sender.ended)).toEqual(expected)
    for (const { child, ended } of workers) {
      child.kill('SIGTERM')
      const { code, stderr, stdout } = await ended
      expect({ code, stdout }).toEqual({ code: 0, stdout: '' })
      expect(stderr).toContain('starts: queue word-count-')
    }
  })
})

describe('options of a fleet', () => {
  test.for([
    { args: ['--role', 'worker'], says: /--role worker needs a --broker/ },
    { args: ['--role', 'boss', '--broker', 'redis://localhost'], says: /--role takes worker or send, got "boss"/ },
    { args: ['--broker', 'amqp://localhost'], says: /--broker takes a URL such as redis:/ },
    { args: ['--broker', 'nonsense'], says: /--broker takes a URL such as redis:/ },
    { args: ['--queue', ''], says: /--queue takes a name/ },
  ])('$args is refused with a text and exit code 2', async ({ args, says }) => {
    const { code, stdout, stderr } = await start(args).ended
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' })
    expect(stderr.split('\n')[0]).toMatch(says)
    expect(stderr).not.toMatch(/^\s+at /m)
  })
})
