import assert from 'node:assert/strict'
import { type CaseGroup, skipUnless } from '../case.js'
import { sleep } from '../timing.js'
import { type BrokerBench, texts, textsOf } from './bench.js'

export const stopping: CaseGroup<BrokerBench> = {
  'closing a broker that was never used settles': async (bench) => {
    await bench.promptly(bench.broker.close(), 'close()')
  },

  'closing twice, also at the same time, settles': async (bench) => {
    const consumer = await bench.consume()
    await bench.publish(['hello'])
    await bench.take(consumer, 1)
    await bench.promptly(Promise.all([consumer.close(), consumer.close()]), 'close() of a consumer, twice')
    await bench.promptly(consumer.close(), 'close() of a closed consumer')
    await bench.promptly(Promise.all([bench.broker.close(), bench.broker.close()]), 'close() of a broker, twice')
    await bench.promptly(bench.broker.close(), 'close() of a closed broker')
  },

  'closing a consumer ends its pending receive': async (bench) => {
    const consumer = await bench.consume()
    const receiving = consumer.receive(1, new AbortController().signal).catch(() => [])
    await sleep(bench.timing.quietMs)
    await bench.promptly(consumer.close(), 'close() while receive() is pending')
    assert.deepEqual(await bench.promptly(receiving, 'receive() of a closed consumer'), [])
  },

  'closing a broker ends the pending receives of its consumers': async (bench) => {
    const consumer = await bench.consume()
    const receiving = consumer.receive(1, new AbortController().signal).catch(() => [])
    await sleep(bench.timing.quietMs)
    await bench.promptly(bench.broker.close(), 'close() while receive() is pending')
    assert.deepEqual(await bench.promptly(receiving, 'receive() of a closed broker'), [])
    await bench.promptly(consumer.close(), 'close() of a consumer whose broker is closed')
  },

  'a message that comes while a receive is being stopped is not lost': async (bench) => {
    const consumer = await bench.consume()
    const receiving = consumer.receive(1, new AbortController().signal).catch(() => [])
    await Promise.all([bench.publish(['late']), bench.promptly(consumer.close(), 'close()')])
    await bench.promptly(receiving, 'receive() of a closed consumer')
    assert.deepEqual(textsOf(await bench.take(await bench.consume(), 1, bench.redeliveryMs)), ['late'])
  },

  'what a closed broker held comes again to another': async (bench) => {
    skipUnless(bench.broker.capabilities.redelivery === 'after-consumer-loss', "redelivery is 'never'")
    const closing = await bench.openBroker()
    await bench.publish(texts(3))
    await bench.take(await bench.consume(bench.queue, closing), 3)
    await bench.promptly(closing.close(), 'close() with deliveries unsettled')
    await bench.drain(texts(3), bench.redeliveryMs)
  },

  'publish after close settles promptly, and not ok': async (bench) => {
    await bench.promptly(bench.broker.close(), 'close()')
    for (const { status } of await bench.tryPublish(['too late'])) assert.notEqual(status, 'ok')
  },

  'consume after close rejects promptly': async (bench) => {
    await bench.promptly(bench.broker.close(), 'close()')
    await assert.rejects(bench.consume(), (error: Error) => error.name !== 'HangError')
  },

  'receive after close settles promptly, with nothing': async (bench) => {
    const consumer = await bench.consume()
    await bench.promptly(consumer.close(), 'close()')
    await bench.publish(['hello'])
    const receiving = consumer.receive(1, new AbortController().signal).catch(() => [])
    assert.deepEqual(await bench.promptly(receiving, 'receive() after close()'), [])
  },

  'closing one client leaves the others working': async (bench) => {
    const other = await bench.openBroker()
    const consumer = await bench.consume(bench.queue, other)
    await bench.promptly(bench.broker.close(), 'close()')
    await bench.publish(['still'], other)
    assert.deepEqual(textsOf(await bench.take(consumer, 1)), ['still'])
  },
}
