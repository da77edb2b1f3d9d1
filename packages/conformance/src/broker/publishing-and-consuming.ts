import assert from 'node:assert/strict'
import type { Delivery } from '@machinery/core/adapter'
import { type CaseGroup, skipUnless } from '../case.js'
import { sleep } from '../timing.js'
import { assertAllOk, type BrokerBench, bytesOf, texts, textsOf } from './bench.js'

export const publishingAndConsuming: CaseGroup<BrokerBench> = {
  'keeps a message until somebody reads its queue': async (bench) => {
    await bench.publish(['hello'])
    const consumer = await bench.consume()
    assert.deepEqual(textsOf(await bench.take(consumer, 1)), ['hello'])
  },

  'wakes a reader who waits for the first message': async (bench) => {
    const consumer = await bench.consume()
    let isSettled = false
    const receiving = bench.take(consumer, 1).finally(() => {
      isSettled = true
    })
    receiving.catch(() => {})
    await sleep(bench.timing.quietMs)
    assert.equal(isSettled, false, 'receive() settled though there was no message.')
    await bench.publish(['hello'])
    assert.deepEqual(textsOf(await receiving), ['hello'])
  },

  'carries every byte value unchanged': async (bench) => {
    skipUnless(bench.options.bodies !== 'text', "the kit's option bodies says that the service carries text only")
    await expectSameBytes(bench, [
      Uint8Array.from({ length: 256 }, (_, byte) => byte),
      Uint8Array.of(0),
      Uint8Array.of(255),
    ])
  },

  'carries Unicode text unchanged': async (bench) => {
    await expectSameBytes(bench, [bytesOf('{"text":"é漢字🙂 <b>&amp;</b> \\u2028 \\"quoted\\""}'), bytesOf('x')])
  },

  'carries a body of 64 KiB unchanged': async (bench) => {
    const size = Math.min(65_536, bench.broker.capabilities.maxBodyBytes)
    await expectSameBytes(bench, [new Uint8Array(size).map((_, index) => 33 + (index % 90))])
  },

  'carries the largest body it declares, and one byte less': async (bench) => {
    const { maxBodyBytes } = bench.broker.capabilities
    skipUnless(maxBodyBytes <= 2 ** 20, `maxBodyBytes is ${maxBodyBytes}: too much to test`)
    for (const size of [maxBodyBytes - 1, maxBodyBytes]) {
      await expectSameBytes(bench, [new Uint8Array(size).map((_, index) => 33 + (index % 90))])
    }
  },

  'sends exactly what a body that is part of a larger buffer shows': async (bench) => {
    await expectSameBytes(bench, [bytesOf('before|the body|after').subarray(7, 15)])
  },

  "takes nothing from the caller's memory once publish has settled": async (bench) => {
    const body = bytesOf('original')
    await bench.publish([bench.message(body)])
    body.fill(88)
    const consumer = await bench.consume()
    assert.deepEqual(textsOf(await bench.take(consumer, 1)), ['original'])
  },

  'answers a batch once per message': async (bench) => {
    for (const count of [0, 1, 30]) {
      const messages = texts(count).map((text) => bench.message(text))
      assertAllOk(await bench.promptly(bench.broker.publish(messages), 'publish()'), count, `publish() of ${count}`)
    }
  },

  'delivers each message of large batches once': async (bench) => {
    const wanted = texts(500)
    await bench.publish(wanted)
    const consumer = await bench.consume()
    const taken = await bench.take(consumer, wanted.length)
    await bench.ack(consumer, taken)
    assert.deepEqual(textsOf(taken).sort(), [...wanted].sort())
    await bench.expectNothing(consumer)
  },

  'keeps the order of one publisher for one consumer': async (bench) => {
    skipUnless(bench.options.ordered !== false, "the kit's option ordered says that the service keeps no order")
    const wanted = texts(60)
    for (let start = 0; start < wanted.length; start += 20) await bench.publish(wanted.slice(start, start + 20))
    const consumer = await bench.consume()
    const taken: Delivery[] = []
    while (taken.length < wanted.length) taken.push(...(await bench.take(consumer, 12)))
    assert.deepEqual(textsOf(taken), wanted)
  },

  'hands out at most max deliveries at a time': async (bench) => {
    await bench.publish(texts(10))
    const consumer = await bench.consume()
    const seen: string[] = []
    for (const max of [1, 3, 6]) {
      const signal = AbortSignal.timeout(bench.timing.patienceMs)
      const some = await bench.promptly(consumer.receive(max, signal), 'receive()')
      assert.ok(some.length >= 1 && some.length <= max, `receive(${max}) answered ${some.length} deliveries.`)
      seen.push(...textsOf(some))
    }
    assert.equal(new Set(seen).size, seen.length, `Handed out twice: ${seen}`)
  },

  'takes what is there without waiting for max': async (bench) => {
    await bench.publish(texts(3))
    const consumer = await bench.consume()
    const seen: string[] = []
    while (seen.length < 3) {
      const receiving = consumer.receive(100, AbortSignal.timeout(10 * bench.timing.patienceMs))
      seen.push(...textsOf(await bench.promptly(receiving, 'receive() of more than there is')))
    }
    assert.deepEqual(seen.sort(), texts(3))
  },

  'ends a pending receive promptly when its signal aborts': async (bench) => {
    const consumer = await bench.consume()
    const stop = new AbortController()
    const receiving = consumer.receive(10, stop.signal)
    await sleep(bench.timing.quietMs)
    stop.abort()
    assert.deepEqual(await bench.promptly(receiving, 'receive() whose signal aborted'), [])
  },

  'ends a receive whose signal is aborted already': async (bench) => {
    const consumer = await bench.consume()
    assert.deepEqual(
      await bench.promptly(consumer.receive(10, AbortSignal.abort()), 'receive() with an aborted signal'),
      [],
    )
  },

  'loses nothing when receives are aborted again and again': async (bench) => {
    const consumer = await bench.consume()
    const wanted = texts(30)
    const seen: string[] = []
    for (const text of wanted) {
      const stop = new AbortController()
      const receiving = consumer.receive(10, stop.signal)
      const publishing = bench.publish([text])
      stop.abort()
      seen.push(...textsOf(await bench.promptly(receiving, 'receive() whose signal aborted')))
      await publishing
    }
    seen.push(...textsOf(await bench.take(consumer, wanted.length - seen.length)))
    assert.deepEqual(seen.sort(), [...wanted].sort())
  },

  'gives no message to two consumers at once': async (bench) => {
    const consumers = [await bench.consume(), await bench.consume(bench.queue, await bench.openBroker())]
    const wanted = texts(200)
    const seen: string[] = []
    const enough = new AbortController()
    const reading = Promise.all(
      consumers.map(async (consumer) => {
        while (!enough.signal.aborted) seen.push(...textsOf(await consumer.receive(7, enough.signal)))
      }),
    )
    reading.catch(() => enough.abort())
    const timer = setTimeout(() => enough.abort(), bench.timing.patienceMs)
    await bench.publish(wanted)
    while (seen.length < wanted.length && !enough.signal.aborted) await sleep(5)
    await sleep(bench.timing.quietMs)
    clearTimeout(timer)
    enough.abort()
    await bench.promptly(reading, 'receive() whose signal aborted')
    assert.deepEqual(seen.sort(), [...wanted].sort())
  },

  'keeps queues apart': async (bench) => {
    const other = await bench.newQueue()
    await bench.publish(texts(3, 'there').map((text) => bench.message(text, { routingKey: other })))
    await bench.publish(texts(3, 'here'))
    const [here, there] = [await bench.consume(), await bench.consume(other)]
    assert.deepEqual(textsOf(await bench.take(here, 3)).sort(), texts(3, 'here'))
    assert.deepEqual(textsOf(await bench.take(there, 3)).sort(), texts(3, 'there'))
    await bench.expectNothing(here)
    await bench.expectNothing(there)
  },

  'takes headers, ordering and deduplication ids, and a time in the past': async (bench) => {
    await bench.publish([
      bench.message('full', {
        headers: { text: 'é', flag: true, nothing: null },
        groupId: 'group-1',
        deduplicationId: 'id-1',
        priority: 0,
        deliverAt: new Date(Date.now() - 60_000),
      }),
    ])
    const consumer = await bench.consume()
    assert.deepEqual(textsOf(await bench.take(consumer, 1)), ['full'])
  },

  'delivers higher priorities first': async (bench) => {
    const { maxPriority } = bench.broker.capabilities
    skipUnless(maxPriority > 0, 'maxPriority is 0')
    const highest = bench.message('highest', { priority: maxPriority })
    await bench.publish(['lowest', bench.message('middle', { priority: Math.ceil(maxPriority / 2) }), highest])
    const consumer = await bench.consume()
    const taken = [
      ...(await bench.take(consumer, 1)),
      ...(await bench.take(consumer, 1)),
      ...(await bench.take(consumer, 1)),
    ]
    const wanted = maxPriority > 1 ? ['highest', 'middle', 'lowest'] : ['middle', 'highest', 'lowest']
    assert.deepEqual(textsOf(taken), wanted)
  },
}

async function expectSameBytes(bench: BrokerBench, bodies: readonly Uint8Array[]): Promise<void> {
  const consumer = await bench.consume()
  for (const body of bodies) {
    const expected = hexOf(body)
    await bench.publish([bench.message(body)])
    const taken = await bench.take(consumer, 1)
    assert.ok(taken[0]?.body instanceof Uint8Array, 'The body of a delivery must be a Uint8Array.')
    assert.equal(hexOf(taken[0].body), expected, 'The body changed on its way.')
    await bench.ack(consumer, taken)
  }
}

function hexOf(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('hex')
}
