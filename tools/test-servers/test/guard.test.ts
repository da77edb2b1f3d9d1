import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { createInterface } from 'node:readline'
import { describeWithServer } from '@machinery-internal/test-servers/vitest'
import { expect, test, vi } from 'vitest'

const program = `
  import { startRedis } from '@machinery-internal/test-servers'
  const { pid, dir } = await startRedis()
  console.log(JSON.stringify({ pid, dir }))
  setInterval(() => {}, 1000)
`

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch {
    return false
  }
}

describeWithServer('redis-server', 'the guard', () => {
  test.each(['SIGKILL', 'SIGINT'] as const)('removes servers and data after %s', async (signal) => {
    const owner = spawn(process.execPath, ['--input-type=module', '--eval', program], {
      cwd: import.meta.dirname,
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    const lines = createInterface({ input: owner.stdout })
    const line = await new Promise<string>((resolve) => lines.once('line', resolve))
    const { pid, dir } = JSON.parse(line) as { pid: number; dir: string }
    expect(isAlive(pid)).toBe(true)
    owner.kill(signal)
    await vi.waitFor(() => expect(isAlive(pid)).toBe(false), { timeout: 5000 })
    await vi.waitFor(() => expect(existsSync(dir)).toBe(false), { timeout: 5000 })
  })
})
