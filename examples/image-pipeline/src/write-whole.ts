import { randomUUID } from 'node:crypto'
import { mkdir, rename, writeFile } from 'node:fs/promises'
import { dirname } from 'node:path'

/**
 * Writes a file such that others see all of it or nothing: a task whose worker was killed runs again, and may do so while
 * the first run, cut off from the broker, is still at it.
 */
export async function writeWhole(path: string, bytes: Uint8Array): Promise<void> {
  const part = `${path}.${randomUUID()}.part`
  await mkdir(dirname(path), { recursive: true })
  await writeFile(part, bytes)
  await rename(part, path)
}
