import { existsSync } from 'node:fs'
import { redisCommand, redisCommands, startProxy, startRedis } from '@machinery-internal/test-servers'
import { describeWithServer } from '@machinery-internal/test-servers/vitest'
import { expect, test } from 'vitest'

describeWithServer('redis-server', 'a Redis server of one test', () => {
  test('answers on its own port, and leaves nothing behind', async () => {
    const redis = await startRedis()
    expect(redis.url).toBe(`redis://127.0.0.1:${redis.port}`)
    expect(await redisCommand(redis.port, 'SET', 'key', 'value')).toBe('OK')
    expect(await redisCommand(redis.port, 'GET', 'key')).toBe('value')
    const { pid, dir } = redis
    await redis.stop()
    await redis.stop()
    expect(() => process.kill(pid, 0)).toThrow('ESRCH')
    expect(existsSync(dir)).toBe(false)
  })

  test('keeps what it confirmed over a crash when it is told to', async () => {
    await using redis = await startRedis({ durability: 'always' })
    const { pid } = redis
    await redisCommand(redis.port, 'RPUSH', 'list', 'a', 'b')
    await redis.kill('SIGKILL')
    await expect(redisCommand(redis.port, 'PING')).rejects.toThrow('ECONNREFUSED')
    await redis.restart()
    expect(redis.pid).not.toBe(pid)
    expect(await redisCommand(redis.port, 'LRANGE', 'list', '0', '-1')).toEqual(['a', 'b'])
  })

  test('stands still between SIGSTOP and SIGCONT', async () => {
    await using redis = await startRedis()
    await redis.kill('SIGSTOP')
    let answered = false
    const answer = redisCommand(redis.port, 'PING').finally(() => {
      answered = true
    })
    await new Promise((resolve) => setTimeout(resolve, 100))
    expect(answered).toBe(false)
    await redis.kill('SIGCONT')
    expect(await answer).toBe('PONG')
  })

  test('takes arguments, and counts as ready when it wants a password', async () => {
    await using redis = await startRedis({ args: ['--requirepass', 'secret'] })
    await expect(redisCommand(redis.port, 'PING')).rejects.toThrow('NOAUTH')
    expect(
      await redisCommands(redis.port, [
        ['AUTH', 'secret'],
        ['CONFIG', 'GET', 'save'],
      ]),
    ).toEqual(['OK', ['save', '']])
  })

  test('says what the server printed when it does not start', async () => {
    await expect(startRedis({ args: ['--no-such-option', 'x'] })).rejects.toThrow(
      /ended while it started.*no-such-option/s,
    )
  })

  test('can lose a reply behind a proxy after the server has acted', async () => {
    await using redis = await startRedis()
    await using proxy = await startProxy({ target: redis })
    proxy.dropReplies('INCR')
    await expect(redisCommand(proxy.port, 'INCR', 'n')).rejects.toThrow()
    expect(await redisCommand(proxy.port, 'GET', 'n')).toBe('1')
  })
})
