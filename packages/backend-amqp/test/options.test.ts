import { AmqpBackend } from '@machinery/backend-amqp'
import { expect, test } from 'vitest'

test.each([
  [{ resultExpiresIn: 1 }, 'AmqpBackend has no option "resultExpiresIn". Did you mean resultsExpireIn?'],
  [
    'amqp://user:s3cret@h',
    'AmqpBackend takes its options as an object, for example { url: … }; got the string "amqp://…".',
  ],
])('refuses %j, which TypeScript would have refused', (options, text) => {
  expect(() => new AmqpBackend(options as never)).toThrow(
    expect.objectContaining({ code: 'MACHINERY_CONFIGURATION', message: text }),
  )
})
