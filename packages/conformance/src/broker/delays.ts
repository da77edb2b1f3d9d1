import assert from 'node:assert/strict'
import type { Consumer } from '@machinery/core/adapter'
import { type CaseGroup, skipUnless } from '../case.js'
import { type BrokerBench, textOf, texts, textsOf } from './bench.js'

export const delays: CaseGroup<BrokerBench> = {
  'delivers a delayed message, and never early': async (bench) => {
    const delayMs = delayFor(bench)
    const consumer = await bench.consume()
    const due = Date.now() + delayMs
    await bench.publish(texts(3).map((text) => bench.message(text, { deliverAt: new Date(due) })))
    const arrivals = await takeOneByOne(bench, consumer, 3, delayMs)
    for (const { text, at } of arrivals) assert.ok(at >= due, `${text} came ${due - at} ms early.`)
    assert.deepEqual(arrivals.map(({ text }) => text).sort(), texts(3))
  },

  'delivers delayed messages to whoever reads when they are due': async (bench) => {
    const delayMs = delayFor(bench)
    await bench.publish([bench.message('later', { deliverAt: new Date(Date.now() + delayMs) })])
    const early = await bench.consume()
    await bench.promptly(early.close(), 'close()')
    const consumer = await bench.consume()
    assert.deepEqual(textsOf(await bench.take(consumer, 1, delayMs + bench.timing.patienceMs)), ['later'])
    await bench.expectNothing(consumer)
  },

  'holds a delayed message itself: it outlives the broker object that published it': async (bench) => {
    const delayMs = delayFor(bench)
    const publisher = await bench.openBroker()
    await bench.publish([bench.message('later', { deliverAt: new Date(Date.now() + delayMs) })], publisher)
    await bench.promptly(publisher.close(), 'close()')
    const consumer = await bench.consume()
    assert.deepEqual(textsOf(await bench.take(consumer, 1, delayMs + bench.timing.patienceMs)), ['later'])
  },

  'lets other messages pass a delayed one': async (bench) => {
    const delayMs = delayFor(bench)
    const due = Date.now() + delayMs
    await bench.publish([bench.message('later', { deliverAt: new Date(due) }), 'now'])
    const arrivals = await takeOneByOne(bench, await bench.consume(), 2, delayMs)
    assert.deepEqual(
      arrivals.map(({ text }) => text),
      ['now', 'later'],
    )
  },

  'delivers a shorter delay before a longer one that was published first': async (bench) => {
    const delayMs = delayFor(bench)
    skipUnless(3 * delayMs <= bench.broker.capabilities.maxDelayMs, 'maxDelayMs is too short for two delays')
    const start = Date.now()
    await bench.publish([
      bench.message('long', { deliverAt: new Date(start + 3 * delayMs) }),
      bench.message('short', { deliverAt: new Date(start + delayMs) }),
    ])
    const arrivals = await takeOneByOne(bench, await bench.consume(), 2, 3 * delayMs)
    assert.deepEqual(
      arrivals.map(({ text }) => text),
      ['short', 'long'],
    )
  },

  'a delivery nacked with a delay comes again, and never early': async (bench) => {
    const delayMs = delayFor(bench)
    await bench.publish(['again'])
    const consumer = await bench.consume()
    const taken = await bench.take(consumer, 1)
    const due = Date.now() + delayMs
    const answers = await bench.promptly(consumer.nack(taken, { delayMs }), 'nack()')
    assert.deepEqual(
      answers.map((each) => each.status),
      ['ok'],
    )
    const [arrival] = await takeOneByOne(bench, consumer, 1, delayMs)
    assert.equal(arrival?.text, 'again')
    assert.ok(arrival.at >= due, `It came ${due - arrival.at} ms early.`)
  },
}

function delayFor(bench: BrokerBench): number {
  const { maxDelayMs } = bench.broker.capabilities
  skipUnless(maxDelayMs > 0, 'maxDelayMs is 0')
  return Math.min(bench.timing.delayMs, maxDelayMs)
}

async function takeOneByOne(
  bench: BrokerBench,
  consumer: Consumer,
  count: number,
  delayMs: number,
): Promise<{ text: string; at: number }[]> {
  const arrivals: { text: string; at: number }[] = []
  while (arrivals.length < count) {
    for (const delivery of await bench.take(consumer, 1, delayMs + bench.timing.patienceMs)) {
      arrivals.push({ text: textOf(delivery), at: Date.now() })
    }
  }
  return arrivals
}
