import { RedisBackend } from '@machinery/backend-redis'
import { expect, test } from 'vitest'

test.each([
  [{ commandTimeout: 1 }, 'RedisBackend has no option "commandTimeout". Did you mean commandTimeoutMs?'],
  [
    'redis://user:s3cret@h',
    'RedisBackend takes its options as an object, for example { url: … }; got the string "redis://…".',
  ],
])('refuses %j, which TypeScript would have refused', (options, text) => {
  expect(() => new RedisBackend(options as never)).toThrow(
    expect.objectContaining({ code: 'MACHINERY_CONFIGURATION', message: text }),
  )
})
