import { type FaultProxy, startProxy, startRedis, type TestServer } from '@machinery-internal/test-servers'
import { describeWithServer } from '@machinery-internal/test-servers/vitest'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { openRedis } from '../src/index.js'

describeWithServer('redis-server', 'F22: 200 clients that all have somebody waiting', () => {
  let server: TestServer
  beforeAll(async () => {
    server = await startRedis()
  })
  afterAll(() => server.stop())

  test('come back within a moment when they were cut, but not all in one instant', async () => {
    await using proxy = await startProxy({ target: server })
    const { attempts, returns } = await comeBack(proxy)
    // Those that nothing held back would all begin within some milliseconds.
    expect(spreadOf(attempts)).toBeGreaterThan(100)
    expect(spreadOf(attempts)).toBeLessThan(1_000)
    expect(Math.max(...returns)).toBeLessThan(3_000)
  })

  test('meet a server that refused them spread over 5 s', { timeout: 30_000 }, async () => {
    await using proxy = await startProxy({ target: server })
    const { returns } = await comeBack(proxy, 1_000)
    expect(spreadOf(returns)).toBeGreaterThan(5_000)
    expect(Math.min(...returns)).toBeLessThan(2_000)
    // Each waits for 7 s at most once the server is there.
    expect(Math.max(...returns)).toBeLessThan(10_000)
  })
})

/**
 * Cuts 200 connections. Tells when each made its first attempt, and when it was back, in milliseconds after the cut.
 * @param refusedMs how long they are refused then
 */
async function comeBack(proxy: FaultProxy, refusedMs = 0): Promise<{ attempts: number[]; returns: number[] }> {
  const connections = Array.from({ length: 200 }, () =>
    openRedis({ host: '127.0.0.1', port: proxy.port, connectTimeoutMs: 20_000 }),
  )
  const clients = await Promise.all(connections.map((connection) => connection.ready()))
  const attempts: number[] = []
  let cutAt = 0
  const elapsed = (): number => performance.now() - cutAt
  const returning = connections.map(async (connection, index) => {
    const client = clients[index]
    await new Promise((resolve) => client?.once('reconnecting', resolve))
    client?.once('connecting', () => attempts.push(elapsed()))
    await connection.ready({ soon: true })
    return elapsed()
  })
  if (refusedMs > 0) await proxy.refuse(true)
  cutAt = performance.now()
  proxy.cut()
  if (refusedMs > 0) {
    await new Promise((resolve) => setTimeout(resolve, refusedMs))
    await proxy.refuse(false)
  }
  const returns = await Promise.all(returning)
  await Promise.all(connections.map((connection) => connection.close()))
  return { attempts, returns }
}

function spreadOf(times: readonly number[]): number {
  return Math.max(...times) - Math.min(...times)
}
