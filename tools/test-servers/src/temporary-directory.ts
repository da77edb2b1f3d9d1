import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { guarded, unguarded } from './guard.js'

/** A new directory for the data of one server, removed at the latest when this process ends. */
export async function temporaryDirectory(name: string): Promise<string> {
  const dir = await mkdtemp(join(tmpdir(), `machinery-${name}-`))
  guarded({ dir })
  return dir
}

export async function removeDirectory(dir: string): Promise<void> {
  await rm(dir, { recursive: true, force: true, maxRetries: 10 })
  unguarded({ dir })
}
