import { isMachineryError } from '@machinery/core'
import { Redis } from 'ioredis'
import { describe, expect, test } from 'vitest'
import { openRedis, type RedisConnectionOptions } from '../src/index.js'

describe('describing', () => {
  test.each<[RedisConnectionOptions, string]>([
    [{}, 'redis://localhost:6379'],
    [{ host: 'h', port: 1, db: 3, password: 'hunter2' }, 'redis://h:1/3'],
    [{ url: 'redis://user:hunter2@h:1/2' }, 'redis://h:1/2'],
    [{ url: 'rediss://hunter2@h' }, 'rediss://h:6379'],
    [{ url: 'redis://h/' }, 'redis://h:6379'],
    [{ url: 'redis://h/2/?x=y' }, 'redis://h:6379/2'],
    [{ url: 'redis+socket:///run/r.sock' }, 'redis+socket:///run/r.sock'],
    [{ url: 'redis+socket://user:hunter2@/run/r.sock:/2' }, 'redis+socket:///run/r.sock:/2'],
    [{ socketPath: '/run/r.sock' }, 'redis+socket:///run/r.sock'],
    [{ url: 'redis://hunter2@a:1,b:2' }, 'redis://a:1,b:2 (cluster)'],
    [{ url: 'redis://a:1', cluster: true }, 'redis://a:1 (cluster)'],
    [{ url: 'redis://hunter2@a:1,b:2/4', masterName: 'm' }, 'redis://a:1,b:2/4 (sentinels of m)'],
    [{ sentinels: [{ host: 'a' }], masterName: 'm', sentinelPassword: 'hunter2' }, 'redis://a:26379 (sentinels of m)'],
    [{ host: '::1', tls: true }, 'rediss://[::1]:6379'],
  ])('%j is %s', (options, description) => {
    expect(openRedis(options).description).toBe(description)
  })
})

describe('refusing options that cannot work', () => {
  test.each<[RedisConnectionOptions, RegExp]>([
    [{ url: 'redis://h', host: 'i' }, /url and host contradict/],
    [{ url: 'amqp://user:hunter2@h' }, /must start with redis/],
    [{ url: 'nonsense://hunter2@h' }, /must start with redis.* got nonsense:/],
    [{ url: 'redis://hunter2@a,b', cluster: false }, /need cluster: true .* or masterName/],
    [{ url: 'redis://a,b/4' }, /only database 0, got 4/],
    [{ host: 'a', cluster: true, masterName: 'm' }, /cluster and masterName contradict/],
    [{ socketPath: '/s', cluster: true }, /unix socket/],
    [{ socketPath: '/s', port: 1 }, /socketPath and host or port contradict/],
    [{ sentinels: [{ host: 'a' }] }, /masterName/],
    [{ port: 70_000 }, /between 1 and 65535, got 70000/],
    [{ port: '6379' as never }, /port must be a number between 1 and 65535, got the string "6379"/],
    [
      { url: 'http://user:hunter2@h' },
      /^[^,]+url must start with redis:\/\/, rediss.* got http:\/\/…\. Write redis:\/\//,
    ],
    [{ url: 'localhost:6379' }, /got localhost:6379\. Write redis:\/\/localhost:6379/],
    [{ url: 'user:hunter2@h' }, /redis\+socket:\/\/\. Write redis:\/\//],
    [{ url: 6379 as never }, /got a value of type number/],
    [{ url: 'redis://h/zero' }, /must be the number of a database/],
    [{ url: 'redis://user:12/hunter2@h' }, /must be the number of a database/],
    [{ url: 'redis://a,b/zero', masterName: 'm' }, /must be the number of a database/],
    [{ url: 'redis+socket:///run/r.sock:zero' }, /must be the number of a database/],
    [{ db: -1 }, /db must be 0 or more, got -1/],
    [{ commandTimeoutMs: 0 }, /commandTimeoutMs must be between 1 .*, got 0/],
    [{ connectTimeoutMs: Number.POSITIVE_INFINITY }, /connectTimeoutMs must be .*, got Infinity/],
    [{ client: new Redis({ lazyConnect: true }), host: 'h' }, /client and host contradict/],
    [{ client: new Redis({ lazyConnect: true, keyPrefix: 'x' }) }, /keyPrefix/],
  ])('%# %j', (options, message) => {
    const error = thrown(() => openRedis(options))
    expect(isMachineryError(error, 'MACHINERY_CONFIGURATION')).toBe(true)
    expect(String(error)).toMatch(message)
    expect(String(error)).not.toContain('hunter2')
  })
})

function thrown(act: () => unknown): unknown {
  try {
    act()
  } catch (error) {
    return error
  }
  throw new Error('Nothing was thrown.')
}
