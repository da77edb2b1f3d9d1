import { AmqpBroker } from '@machinery/broker-amqp'
import { expect, test } from 'vitest'

test.each([
  [{ exchangetype: 1 }, 'AmqpBroker has no option "exchangetype". Did you mean exchangeType?'],
  [
    'amqp://user:s3cret@h',
    'AmqpBroker takes its options as an object, for example { url: … }; got the string "amqp://…".',
  ],
])('refuses %j, which TypeScript would have refused', (options, text) => {
  expect(() => new AmqpBroker(options as never)).toThrow(
    expect.objectContaining({ code: 'MACHINERY_CONFIGURATION', message: text }),
  )
})
