import { type ChildProcess, spawn } from 'node:child_process'
import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { expect, onTestFinished } from 'vitest'

const main = fileURLToPath(new URL('../dist/main.js', import.meta.url))
export const deadlineMs = 40_000

export interface Run {
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
}

export interface Told {
  readonly images: number
  readonly thumbnails: number
  readonly failed: number
  readonly sheet: string
}

/** Runs the example as a user does. One that hangs, or outlives its test, is ended and has no exit code. */
export function start(args: readonly string[]): { child: ChildProcess; ended: Promise<Run> } {
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

export function run(...args: string[]): Promise<Run> {
  return start(args).ended
}

/** What a run that ended well says in its last line. */
export function tellOf({ code, stderr, stdout }: Run): Told {
  expect({ code, stderr: code === 0 ? '' : stderr }).toEqual({ code: 0, stderr: '' })
  return JSON.parse(stdout.trimEnd().split('\n').at(-1) as string) as Told
}

export function newFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'image-pipeline-test-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}

/** The names in a folder, sorted; none where there is no folder yet. */
export function namesIn(...path: string[]): string[] {
  const folder = join(...path)
  return existsSync(folder) ? readdirSync(folder).sort() : []
}

export async function until(what: string, holds: () => Promise<boolean> | boolean): Promise<void> {
  const end = Date.now() + deadlineMs
  while (!(await holds())) {
    if (Date.now() > end) throw new Error(`Not so within ${deadlineMs} ms: ${what}.`)
    await delay(20)
  }
}
