import { RedisLock } from '@machinery/lock-redis'
import { expect, test } from 'vitest'

test.each([
  [{ hosts: 1 }, 'RedisLock has no option "hosts". Did you mean host?'],
  [
    'redis://user:s3cret@h',
    'RedisLock takes its options as an object, for example { url: … }; got the string "redis://…".',
  ],
])('refuses %j, which TypeScript would have refused', (options, text) => {
  expect(() => new RedisLock(options as never)).toThrow(
    expect.objectContaining({ code: 'MACHINERY_CONFIGURATION', message: text }),
  )
})
