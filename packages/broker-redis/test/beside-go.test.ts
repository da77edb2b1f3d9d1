import { setTimeout as delay } from 'node:timers/promises'
import type { RedisBroker } from '@machinery/broker-redis'
import type { Consumer } from '@machinery/core/adapter'
import { redisCommand, startRedis, type TestServer } from '@machinery-internal/test-servers'
import { describeWithServer } from '@machinery-internal/test-servers/vitest'
import { Redis } from 'ioredis'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { consume, message, messages, names, namesOf, newQueue, openBroker, until } from './support.js'

/** Takes messages as a worker in Go does: removes them as it pops them, and begins to wait anew every second. */
class GoStyleConsumer implements AsyncDisposable {
  readonly taken: string[] = []
  readonly #client: Redis
  readonly #popping: Promise<void>
  #isOver = false

  /** @param knows which it keeps; it pushes the rest back at once, as Go does with tasks that are not registered */
  constructor(port: number, queue: string, knows: (name: string) => boolean = () => true) {
    this.#client = new Redis({ port, host: '127.0.0.1' })
    this.#popping = this.#pop(queue, knows)
  }

  async #pop(queue: string, knows: (name: string) => boolean): Promise<void> {
    while (!this.#isOver) {
      const [, body] = (await this.#client.blpop(queue, 1)) ?? []
      if (body === undefined) continue
      const { Name } = JSON.parse(body)
      if (knows(Name)) this.taken.push(Name)
      else await this.#client.rpush(queue, body)
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#isOver = true
    await this.#popping
    await this.#client.quit()
  }
}

/** Takes messages until told to stop, and gives back those that it does not know. */
function work(consumer: Consumer, signal: AbortSignal, knows: (name: string) => boolean, delayMs: number) {
  const taken: string[] = []
  const counts: number[] = []
  const working = (async () => {
    while (!signal.aborted) {
      const deliveries = await consumer.receive(10, signal)
      const known = deliveries.filter((delivery) => knows(namesOf([delivery])[0] ?? ''))
      const unknown = deliveries.filter((delivery) => !known.includes(delivery))
      counts.push(...unknown.map(({ deliveryCount = 0 }) => deliveryCount))
      if (unknown.length > 0) void consumer.nack(unknown, { delayMs })
      taken.push(...namesOf(known))
      if (known.length > 0) await consumer.ack(known)
    }
  })()
  return { taken, counts, working }
}

const isEven = (name: string): boolean => Number(name) % 2 === 0
const isOdd = (name: string): boolean => !isEven(name)
const never = (): boolean => false

describeWithServer('redis-server', 'beside workers in Go', () => {
  let server: TestServer
  beforeAll(async () => {
    server = await startRedis()
  })
  afterAll(() => server.stop())
  /** With the default lease, ours wait for 5 s at a time, so that they are before Go in the line. */
  const open = (): RedisBroker => openBroker(server.port, { leaseMs: 15_000 })

  async function workers(
    brokers: readonly RedisBroker[],
    queue: string,
    knows: (name: string) => boolean,
    delayMs: number,
  ) {
    const stop = new AbortController()
    const all = await Promise.all(
      brokers.map(async (broker) => work(await consume(broker, queue), stop.signal, knows, delayMs)),
    )
    const stopAll = async () => {
      stop.abort()
      await Promise.all(all.map(({ working }) => working))
    }
    return {
      taken: () => all.flatMap(({ taken }) => taken),
      counts: () => all.flatMap(({ counts }) => counts),
      [Symbol.asyncDispose]: stopAll,
    }
  }

  test('a message that all of ours give back reaches Go after the first delay', async () => {
    await using first = open()
    await using second = open()
    await using third = open()
    const queue = newQueue()
    await using go = new GoStyleConsumer(server.port, queue)
    await using ours = await workers([first, second, third], queue, never, 300)
    for (const name of names(4)) {
      // Go begins to wait anew, so that it is the last in the line of those who wait.
      await delay(name === '0' ? 1_100 : 100)
      await first.publish([message(queue, name)])
      await until(`Go takes ${name}`, () => go.taken.includes(name), 2_000)
    }
    // Go may just be between two waits once.
    expect(Math.max(...ours.counts())).toBeLessThanOrEqual(2)
  })

  test('many messages that only Go knows all reach it, however many of ours read the queue', {
    timeout: 15_000,
  }, async () => {
    await using first = open()
    await using second = open()
    await using third = open()
    const queue = newQueue()
    await using ours = await workers([first, second, third], queue, isOdd, 200)
    await first.publish(messages(queue, 600))
    await using go = new GoStyleConsumer(server.port, queue, isEven)
    await until('all are taken', () => go.taken.length + ours.taken().length === 600, 10_000)
    expect([...go.taken].sort()).toEqual(names(600).filter(isEven).sort())
    // Core parks what was delivered ten times.
    expect(Math.max(...ours.counts())).toBeLessThan(8)
  })

  test('a message that nobody knows comes back to one of ours after each delay', async () => {
    await using first = open()
    await using second = open()
    const queue = newQueue()
    await using ours = await workers([first, second], queue, never, 100)
    await first.publish([message(queue, '1')])
    await until('it came five times', () => ours.counts().length >= 5, 3_000)
    expect(ours.counts().sort().slice(0, 5)).toEqual([1, 2, 3, 4, 5])
  })

  test('F24: nothing is taken twice, and nothing of ours is lost', async () => {
    await using first = open()
    await using second = open()
    const queue = newQueue()
    await using go = new GoStyleConsumer(server.port, queue)
    await using ours = await workers([first, second], queue, () => true, 0)
    const all = messages(queue, 3_000)
    for (let start = 0; start < all.length; start += 60) {
      await first.publish(all.slice(start, start + 60))
      // Now and then they all wait, so that the line matters as well.
      if (start % 600 === 0) await until('the queue is empty', async () => (await llen(queue)) === 0)
    }
    await until('all are taken', () => go.taken.length + ours.taken().length >= 3_000)
    expect([...go.taken, ...ours.taken()].sort()).toEqual(names(3_000).sort())
    expect(go.taken.length).toBeGreaterThan(0)
    expect(ours.taken().length).toBeGreaterThan(0)
    await until('nothing is held', async () => (await first.countMessages(queue)).inFlight === 0)
    expect(await first.countMessages(queue)).toEqual({ pending: 0, delayed: 0, dead: 0, inFlight: 0 })
  })

  const llen = (queue: string) => redisCommand(server.port, 'LLEN', queue)
})
