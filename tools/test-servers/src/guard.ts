import { spawn } from 'node:child_process'
import type { Writable } from 'node:stream'
import { fileURLToPath } from 'node:url'

/**
 * Servers run in process groups of their own, so that Ctrl-C does not end them under a running test. The guard is a
 * small process that removes them when ours ends in whatever way, SIGKILL included: it sees its input close.
 */
let guard: Writable | undefined

export type GuardLine = { readonly group: number } | { readonly dir: string }

export function guarded(line: GuardLine): void {
  tell('+', line)
}

export function unguarded(line: GuardLine): void {
  tell('-', line)
}

function tell(sign: '+' | '-', line: GuardLine): void {
  guard ??= startGuard()
  guard.write(`${sign}${JSON.stringify(line)}\n`)
}

function startGuard(): Writable {
  const script = fileURLToPath(new URL('./guard-process.js', import.meta.url))
  const child = spawn(process.execPath, [script], { detached: true, stdio: ['pipe', 'ignore', 'ignore'] })
  child.unref()
  const { stdin } = child
  if ('unref' in stdin && typeof stdin.unref === 'function') stdin.unref()
  // Without a guard servers still end by stop(): its loss is no reason to fail a test.
  stdin.on('error', () => {})
  return stdin
}
