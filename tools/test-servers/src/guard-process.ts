// Run by guard.ts as a process of its own. Reads lines "+{…}" and "-{…}", and cleans up what is left at the end of input.
import { rmSync } from 'node:fs'
import { createInterface } from 'node:readline'
import type { GuardLine } from './guard.js'

const left = new Set<string>()

for await (const line of createInterface({ input: process.stdin })) {
  if (line.startsWith('+')) left.add(line.slice(1))
  else left.delete(line.slice(1))
}

const lines = [...left].map((line) => JSON.parse(line) as GuardLine)
for (const line of lines) {
  if (!('group' in line)) continue
  try {
    process.kill(-line.group, 'SIGKILL')
  } catch {
    // It has ended already.
  }
}
for (const line of lines) {
  if ('dir' in line) rmSync(line.dir, { recursive: true, force: true, maxRetries: 10 })
}
