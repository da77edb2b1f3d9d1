import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import {
  type Broker,
  type Consumer,
  type Delivery,
  isQueueInspector,
  type OutgoingMessage,
  type QueueInspector,
  type Settled,
} from '@machinery/core/adapter'
import { type Bench, skipUnless } from '../case.js'
import { HangError, promptly, resolveTiming, sleep, type Timing } from '../timing.js'
import type { BrokerKitOptions } from './options.js'

/** What a broker case works with: one broker, one fresh queue, and ways to use them that never hang. */
export class BrokerBench implements Bench {
  readonly options: BrokerKitOptions
  readonly timing: Timing
  readonly broker: Broker
  readonly queue: string
  readonly #brokers: Broker[] = []
  readonly #consumers: Consumer[] = []

  static async open(options: BrokerKitOptions): Promise<BrokerBench> {
    const { patienceMs } = resolveTiming(options)
    const broker = await promptly(options.create(), patienceMs, 'create()')
    const queue = await promptly(makeQueue(options), patienceMs, 'newQueue()')
    return new BrokerBench(options, broker, queue)
  }

  private constructor(options: BrokerKitOptions, broker: Broker, queue: string) {
    this.options = options
    this.timing = resolveTiming(options)
    this.broker = broker
    this.queue = queue
    this.#brokers.push(broker)
  }

  get adapter(): Broker {
    return this.broker
  }

  get redeliveryMs(): number {
    return this.options.redeliveryMs ?? this.timing.patienceMs
  }

  /** Another client of the same server. */
  async openBroker(): Promise<Broker> {
    const broker = await this.promptly(this.options.create(), 'create()')
    this.#brokers.push(broker)
    return broker
  }

  newQueue(): Promise<string> {
    return this.promptly(makeQueue(this.options), 'newQueue()')
  }

  async consume(queue: string = this.queue, broker: Broker = this.broker): Promise<Consumer> {
    const options = { queue, consumerTag: `conformance-${randomUUID()}`, concurrency: 10, maxUnsettled: 1_000 }
    const consumer = await this.promptly(broker.consume(options), 'consume()')
    this.#consumers.push(consumer)
    return consumer
  }

  message(body: string | Uint8Array, more: Omit<Partial<OutgoingMessage>, 'body'> = {}): OutgoingMessage {
    return { routingKey: this.queue, body: typeof body === 'string' ? bytesOf(body) : body, ...more }
  }

  /** Publishes, and expects each message to be taken. */
  async publish(messages: readonly (string | OutgoingMessage)[], broker: Broker = this.broker): Promise<void> {
    const outgoing = messages.map((each) => (typeof each === 'string' ? this.message(each) : each))
    assertAllOk(await this.promptly(broker.publish(outgoing), 'publish()'), outgoing.length, 'publish()')
  }

  /** Waits for exactly `count` deliveries, unsettled. */
  async take(consumer: Consumer, count: number, withinMs: number = this.timing.patienceMs): Promise<Delivery[]> {
    const taken: Delivery[] = []
    const signal = AbortSignal.timeout(withinMs)
    while (taken.length < count) {
      const some = await promptly(
        consumer.receive(count - taken.length, signal),
        withinMs + this.timing.patienceMs,
        'receive()',
      )
      assert.ok(some.length <= count - taken.length, `receive() answered ${some.length} deliveries, more than its max.`)
      if (some.length === 0) {
        assert.ok(signal.aborted, 'receive() answered nothing, though its signal was not aborted: it must wait.')
        break
      }
      taken.push(...some)
    }
    assert.equal(taken.length, count, `Expected ${count} deliveries within ${withinMs} ms, got ${textsOf(taken)}.`)
    return taken
  }

  async ack(consumer: Consumer, deliveries: readonly Delivery[]): Promise<void> {
    assertAllOk(await this.promptly(consumer.ack(deliveries), 'ack()'), deliveries.length, 'ack()')
  }

  /** Expects that nothing comes for a while. */
  async expectNothing(consumer: Consumer, ms: number = this.timing.quietMs): Promise<void> {
    const come = await promptly(
      consumer.receive(10, AbortSignal.timeout(ms)),
      ms + this.timing.patienceMs,
      'receive() with an aborted signal',
    )
    assert.deepEqual(textsOf(come), [], 'Expected no delivery.')
  }

  /**
   * Reads and acks until every text of `wanted` came, as core does through an outage: where a consumer breaks, it closes
   * it and opens another.
   */
  async drain(
    wanted: readonly string[],
    withinMs: number = this.timing.patienceMs,
    broker: Broker = this.broker,
  ): Promise<void> {
    const missing = new Set(wanted)
    const end = Date.now() + withinMs
    let consumer: Consumer | undefined
    while (missing.size > 0 && Date.now() < end) {
      try {
        consumer ??= await this.consume(this.queue, broker)
        const some = await this.promptly(consumer.receive(100, AbortSignal.timeout(this.timing.quietMs)), 'receive()')
        for (const text of textsOf(some)) missing.delete(text)
        await this.promptly(consumer.ack(some), 'ack()')
      } catch (error) {
        if (error instanceof HangError) throw error
        if (consumer !== undefined) await this.promptly(consumer.close(), 'close() of a broken consumer')
        consumer = undefined
        await sleep(20)
      }
    }
    assert.deepEqual([...missing], [], `Expected these to be delivered within ${withinMs} ms, but they were not.`)
    if (consumer !== undefined) await this.promptly(consumer.close(), 'close() of a consumer')
  }

  /** Publishes again and again, as one would through an outage, until it is taken. */
  async publishStubbornly(text: string): Promise<void> {
    const end = Date.now() + this.timing.patienceMs
    for (;;) {
      const settled = await this.tryPublish([text])
      if (settled[0]?.status === 'ok') return
      assert.ok(Date.now() < end, `publish() was not ok again within ${this.timing.patienceMs} ms: ${inspect(settled)}`)
      await sleep(20)
    }
  }

  /** Publishes; a rejection as a whole is read as core reads it. */
  async tryPublish(texts: readonly string[]): Promise<readonly Settled[]> {
    const publishing = this.broker.publish(texts.map((text) => this.message(text)))
    return this.promptly(
      publishing.catch((error: unknown) => texts.map(() => ({ status: 'indeterminate' as const, error }))),
      'publish()',
    )
  }

  inspector(): QueueInspector {
    skipUnless(isQueueInspector(this.broker), 'the broker is no QueueInspector')
    return this.broker
  }

  promptly<T>(promise: PromiseLike<T> | T, what: string): Promise<T> {
    return promptly(promise, this.timing.patienceMs, what)
  }

  async cleanUp(): Promise<void> {
    await this.promptly(Promise.all(this.#consumers.map((consumer) => consumer.close())), 'close() of the consumers')
    await this.promptly(Promise.all(this.#brokers.map((broker) => broker.close())), 'close() of the broker')
  }
}

function makeQueue(options: BrokerKitOptions): string | Promise<string> {
  return options.newQueue?.() ?? `conformance-${randomUUID()}`
}

const encoder = new TextEncoder()
const decoder = new TextDecoder()

export function bytesOf(text: string): Uint8Array {
  return encoder.encode(text)
}

export function textOf({ body }: { readonly body: Uint8Array }): string {
  return decoder.decode(body)
}

export function textsOf(messages: readonly { readonly body: Uint8Array }[]): string[] {
  return messages.map(textOf)
}

/** `count` different texts. */
export function texts(count: number, prefix = 'message'): string[] {
  return Array.from({ length: count }, (_, index) => `${prefix}-${index}`)
}

export function assertAllOk(settled: readonly Settled[], count: number, what: string): void {
  assert.equal(settled.length, count, `${what} must answer once per item.`)
  for (const [index, each] of settled.entries()) {
    assert.equal(each.status, 'ok', `${what} answered for item ${index}: ${inspect(each)}`)
  }
}

function inspect(settled: unknown): string {
  return JSON.stringify(settled, (_key, value) => (value instanceof Error ? String(value) : value))
}
