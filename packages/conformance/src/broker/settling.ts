import assert from 'node:assert/strict'
import type { Delivery } from '@machinery/core/adapter'
import { type CaseGroup, skipUnless } from '../case.js'
import { eventually } from '../timing.js'
import { type BrokerBench, texts, textsOf } from './bench.js'

export const settling: CaseGroup<BrokerBench> = {
  'an acked delivery is gone for good': async (bench) => {
    await bench.publish(['done'])
    const consumer = await bench.consume()
    await bench.ack(consumer, await bench.take(consumer, 1))
    await bench.promptly(consumer.close(), 'close()')
    await bench.expectNothing(await bench.consume())
  },

  'acking one delivery leaves the others unsettled': async (bench) => {
    await bench.publish(texts(3))
    const consumer = await bench.consume()
    const taken = await bench.take(consumer, 3)
    const middle = taken[1] as Delivery
    await bench.ack(consumer, [middle])
    await bench.promptly(consumer.close(), 'close()')
    const rest = await bench.take(await bench.consume(), 2, bench.redeliveryMs)
    assert.deepEqual(textsOf(rest).sort(), textsOf(taken.filter((each) => each !== middle)).sort())
  },

  'a batch of no deliveries is settled with no answers': async (bench) => {
    const consumer = await bench.consume()
    assert.deepEqual(await bench.promptly(consumer.ack([]), 'ack()'), [])
    assert.deepEqual(await bench.promptly(consumer.nack([]), 'nack()'), [])
    assert.deepEqual(await bench.promptly(consumer.reject([], 'why'), 'reject()'), [])
  },

  'a nacked delivery comes again, with the same bytes': async (bench) => {
    await bench.publish(['again'])
    const consumer = await bench.consume()
    const first = await bench.take(consumer, 1)
    await settle(bench, consumer.nack(first), 'nack()')
    const second = await bench.take(consumer, 1)
    assert.deepEqual(textsOf(second), ['again'])
    await bench.ack(consumer, second)
    await bench.expectNothing(consumer)
  },

  'a nacked delivery comes again to another consumer': async (bench) => {
    await bench.publish(['again'])
    const consumer = await bench.consume()
    await settle(bench, consumer.nack(await bench.take(consumer, 1)), 'nack()')
    await bench.promptly(consumer.close(), 'close()')
    assert.deepEqual(textsOf(await bench.take(await bench.consume(), 1)), ['again'])
  },

  'nacked deliveries of one batch all come again': async (bench) => {
    await bench.publish(texts(25))
    const consumer = await bench.consume()
    await settle(bench, consumer.nack(await bench.take(consumer, 25)), 'nack()')
    assert.deepEqual(textsOf(await bench.take(consumer, 25)).sort(), texts(25).sort())
  },

  // Given back without a delay it need not count: see `Consumer.nack`.
  'deliveryCount tells how often, where the broker knows': async (bench) => {
    const { maxDelayMs } = bench.broker.capabilities
    skipUnless(maxDelayMs > 0, 'maxDelayMs is 0')
    await bench.publish(['counted'])
    const consumer = await bench.consume()
    const [first] = await bench.take(consumer, 1)
    skipUnless(first?.deliveryCount !== undefined, 'deliveries have no deliveryCount')
    assert.equal(first.deliveryCount, 1)
    const delayMs = Math.min(bench.timing.delayMs, maxDelayMs)
    await settle(bench, consumer.nack([first], { delayMs }), 'nack()')
    const [second] = await bench.take(consumer, 1, delayMs + bench.timing.patienceMs)
    assert.equal(second?.deliveryCount, 2)
  },

  'a rejected delivery does not come again': async (bench) => {
    await bench.publish(['poison'])
    const consumer = await bench.consume()
    await settle(bench, consumer.reject(await bench.take(consumer, 1), 'not a signature'), 'reject()')
    await bench.expectNothing(consumer)
    await bench.promptly(consumer.close(), 'close()')
    await bench.expectNothing(await bench.consume())
  },

  'a rejected delivery is parked with its bytes and the reason': async (bench) => {
    const inspector = bench.inspector()
    const body = bench.options.bodies === 'text' ? 'poison é' : Uint8Array.of(0, 255, 10, 13, 34)
    await bench.publish([bench.message(body)])
    const consumer = await bench.consume()
    await settle(bench, consumer.reject(await bench.take(consumer, 1), 'byte 0 is not JSON é'), 'reject()')
    const [dead] = await eventually('a rejected message among the dead', bench.timing.patienceMs, async () => {
      const found = await inspector.deadMessages(bench.queue, 10)
      return found.length > 0 && found
    })
    assert.deepEqual(Buffer.from(dead?.body ?? []), Buffer.from(bench.message(body).body))
    assert.equal(dead?.reason, 'byte 0 is not JSON é')
  },

  'settling twice has no effect on other deliveries': async (bench) => {
    await bench.publish(texts(2))
    const consumer = await bench.consume()
    const [first, second] = (await bench.take(consumer, 2)) as [Delivery, Delivery]
    await bench.ack(consumer, [first])
    await bench.promptly(consumer.nack([first]), 'nack() of an acked delivery')
    await bench.promptly(consumer.ack([first]), 'ack() of an acked delivery')
    await bench.expectNothing(consumer)
    await settle(bench, consumer.nack([second]), 'nack()')
    assert.deepEqual(textsOf(await bench.take(consumer, 1)), textsOf([second]))
  },

  'what a closed consumer held comes again': async (bench) => {
    await bench.publish(texts(5))
    const consumer = await bench.consume()
    await bench.take(consumer, 5)
    await bench.promptly(consumer.close(), 'close()')
    const again = await bench.take(await bench.consume(), 5, bench.redeliveryMs)
    assert.deepEqual(textsOf(again).sort(), texts(5))
  },

  'what a closed consumer held comes again in order, ahead of what came later': async (bench) => {
    skipUnless(bench.options.ordered !== false, "the kit's option ordered says that the service keeps no order")
    await bench.publish(texts(4))
    const consumer = await bench.consume()
    await bench.take(consumer, 2)
    await bench.promptly(consumer.close(), 'close()')
    const next = await bench.consume()
    const taken: Delivery[] = []
    while (taken.length < 4) taken.push(...(await bench.take(next, 1, bench.redeliveryMs)))
    assert.deepEqual(textsOf(taken), texts(4))
  },

  'an ack on a closed consumer is answered rejected and takes nothing from others': async (bench) => {
    await bench.publish(['held'])
    const consumer = await bench.consume()
    const taken = await bench.take(consumer, 1)
    await bench.promptly(consumer.close(), 'close()')
    const next = await bench.consume()
    const again = await bench.take(next, 1, bench.redeliveryMs)
    const answers = await bench.promptly(consumer.ack(taken), 'ack() on a closed consumer')
    assert.deepEqual(
      answers.map((each) => each.status),
      ['rejected'],
    )
    await settle(bench, next.nack(again), 'nack()')
    assert.deepEqual(textsOf(await bench.take(next, 1)), ['held'])
  },

  'each delivery of a batch is answered on its own, in order': async (bench) => {
    await bench.publish(texts(2))
    const closed = await bench.consume()
    const stale = (await bench.take(closed, 1))[0] as Delivery
    await bench.promptly(closed.close(), 'close()')
    const consumer = await bench.consume()
    const [first, second] = (await bench.take(consumer, 2, bench.redeliveryMs)) as [Delivery, Delivery]
    const answers = await bench.promptly(consumer.ack([first, stale, second]), 'ack()')
    assert.deepEqual(
      answers.map((each) => each.status),
      ['ok', 'rejected', 'ok'],
    )
  },
}

async function settle(
  bench: BrokerBench,
  settling: Promise<readonly { readonly status: string }[]>,
  what: string,
): Promise<void> {
  for (const { status } of await bench.promptly(settling, what)) assert.equal(status, 'ok', `${what} was not ok.`)
}
