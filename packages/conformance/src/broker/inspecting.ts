import assert from 'node:assert/strict'
import { type CaseGroup, skipUnless } from '../case.js'
import { eventually } from '../timing.js'
import { type BrokerBench, texts, textsOf } from './bench.js'

export const inspecting: CaseGroup<BrokerBench> = {
  'counts messages by what they are': async (bench) => {
    const inspector = bench.inspector()
    await bench.publish(texts(6))
    const consumer = await bench.consume()
    const [poison, done, ...held] = await bench.take(consumer, 4)
    await bench.promptly(consumer.reject(poison ? [poison] : [], 'why'), 'reject()')
    await bench.ack(consumer, done ? [done] : [])
    assert.equal(held.length, 2)
    await expectCounts(bench, { pending: 2, dead: 1, inFlight: 2 })
    assert.equal((await inspector.countMessages(bench.queue)).delayed, 0)
  },

  'lists ready messages, oldest first, and leaves them': async (bench) => {
    const inspector = bench.inspector()
    await bench.publish(texts(5))
    await expectCounts(bench, { pending: 5 })
    const all = textsOf(await bench.promptly(inspector.pendingMessages(bench.queue, 10), 'pendingMessages()'))
    assert.deepEqual(bench.options.ordered === false ? all.sort() : all, texts(5))
    assert.equal((await bench.promptly(inspector.pendingMessages(bench.queue, 2), 'pendingMessages()')).length, 2)
    const taken = await bench.take(await bench.consume(), 5)
    assert.deepEqual(textsOf(taken).sort(), texts(5))
  },

  'lists delayed messages, soonest first, with their time': async (bench) => {
    const inspector = bench.inspector()
    skipUnless(bench.broker.capabilities.maxDelayMs >= 600_000, 'maxDelayMs is below 10 minutes')
    const [soon, late] = [Date.now() + 300_000, Date.now() + 600_000]
    await bench.publish([
      bench.message('late', { deliverAt: new Date(late) }),
      bench.message('soon', { deliverAt: new Date(soon) }),
    ])
    await expectCounts(bench, { pending: 0, delayed: 2 })
    const listed = await bench.promptly(inspector.delayedMessages(10, bench.queue), 'delayedMessages()')
    assert.deepEqual(textsOf(listed), ['soon', 'late'])
    assert.deepEqual(
      listed.map(({ deliverAt }) => deliverAt?.getTime()),
      [soon, late],
    )
    assert.equal((await bench.promptly(inspector.delayedMessages(1, bench.queue), 'delayedMessages()')).length, 1)
    const everywhere = await bench.promptly(inspector.delayedMessages(100_000), 'delayedMessages()')
    assert.ok(textsOf(everywhere).includes('soon'), 'delayedMessages() without a queue lists those of all queues.')
  },

  'purges what is ready and nothing else': async (bench) => {
    const inspector = bench.inspector()
    await bench.publish(texts(4))
    const consumer = await bench.consume()
    const taken = await bench.take(consumer, 1)
    await expectCounts(bench, { pending: 3, inFlight: 1 })
    assert.equal(await bench.promptly(inspector.purge(bench.queue, 'pending'), 'purge()'), 3)
    await bench.promptly(consumer.nack(taken), 'nack()')
    assert.deepEqual(textsOf(await bench.take(consumer, 1)), textsOf(taken))
    await bench.expectNothing(consumer)
  },

  'purges what is parked and nothing else': async (bench) => {
    const inspector = bench.inspector()
    await bench.publish(texts(3))
    const consumer = await bench.consume()
    await bench.promptly(consumer.reject(await bench.take(consumer, 2), 'why'), 'reject()')
    await expectCounts(bench, { pending: 1, dead: 2 })
    assert.equal(await bench.promptly(inspector.purge(bench.queue, 'dead'), 'purge()'), 2)
    await expectCounts(bench, { pending: 1, dead: 0 })
  },

  'purges nothing when told to purge something else': async (bench) => {
    const inspector = bench.inspector()
    await bench.publish(texts(3))
    const consumer = await bench.consume()
    await bench.promptly(consumer.reject(await bench.take(consumer, 1), 'why'), 'reject()')
    await expectCounts(bench, { pending: 2, dead: 1 })
    // As from JavaScript. Purging by a guess would delete what nobody named.
    for (const what of ['delayed', 'all', undefined]) {
      const purged = inspector.purge(bench.queue, what as 'pending')
      await assert.rejects(bench.promptly(purged, 'purge()'), /purge\(\) removes "pending"/, `purge(queue, ${what})`)
    }
    await expectCounts(bench, { pending: 2, dead: 1 })
  },

  'knows of nothing in a queue that nobody used': async (bench) => {
    const inspector = bench.inspector()
    const counts = await bench.promptly(inspector.countMessages(bench.queue), 'countMessages()')
    assert.deepEqual(counts, { pending: 0, delayed: 0, dead: 0, inFlight: 0 })
    assert.deepEqual(await bench.promptly(inspector.pendingMessages(bench.queue, 5), 'pendingMessages()'), [])
    assert.deepEqual(await bench.promptly(inspector.deadMessages(bench.queue, 5), 'deadMessages()'), [])
    assert.equal(await bench.promptly(inspector.purge(bench.queue, 'pending'), 'purge()'), 0)
  },
}

async function expectCounts(bench: BrokerBench, wanted: Readonly<Record<string, number>>): Promise<void> {
  const inspector = bench.inspector()
  let last: Readonly<Record<string, number>> = {}
  await eventually(`counts of ${JSON.stringify(wanted)}`, bench.timing.patienceMs, async () => {
    last = await inspector.countMessages(bench.queue)
    return Object.entries(wanted).every(([what, count]) => last[what] === count)
  }).catch((error: unknown) => {
    throw new Error(`countMessages() answered ${JSON.stringify(last)}.`, { cause: error })
  })
}
