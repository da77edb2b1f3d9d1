import type { Declarer } from '@machinery/amqp-connection'
import type { Channel } from 'amqplib'
import type { Settings } from './settings.js'

/** A queue and the key that it is bound to the exchange with. */
export interface Route {
  readonly queue: string
  readonly key: string
}

/**
 * Which queues there are, and how they are bound. As in Go, but without two of its effects: publishers in Go declare a queue
 * named after the binding key beside the default queue, and each worker binds its queue with that key too.
 */
export class Topology {
  readonly #settings: Settings
  readonly #isDirect: boolean

  constructor(settings: Settings) {
    this.#settings = settings
    this.#isDirect = settings.exchangeType === 'direct'
  }

  /** Where a signature without a routing key goes, if not to the queue of that name. */
  get defaultRoutingKey(): string | undefined {
    return this.#isDirect ? this.#settings.bindingKey : undefined
  }

  /** What a publisher must declare for messages with this routing key. */
  routeOf(routingKey: string): Route {
    const { bindingKey, defaultQueue } = this.#settings
    return this.#isDirect && routingKey !== bindingKey
      ? { queue: routingKey, key: routingKey }
      : { queue: defaultQueue, key: bindingKey }
  }

  /** The keys that a worker binds its queue with. */
  #keysOf(queue: string): readonly string[] {
    const { bindGlobalKey, bindingKey, defaultQueue } = this.#settings
    if (!this.#isDirect || queue === defaultQueue) return [bindingKey]
    return bindGlobalKey ? [queue, bindingKey] : [queue]
  }

  /** Declares what a message needs to reach a queue; `undefined` where that was done on this connection. */
  declareRoute(declarer: Declarer, routingKey: string): Promise<void> | undefined {
    const { queue, key } = this.routeOf(routingKey)
    return declarer.once(routeName(queue, key), () =>
      declarer.run(`the declaration of queue ${queue}`, (channel) => this.#declare(channel, queue, [key])),
    )
  }

  /** The route turned out to be gone: somebody deleted the queue, its binding or the exchange. */
  forgetRoute(declarer: Declarer, routingKey: string): void {
    const { queue, key } = this.routeOf(routingKey)
    declarer.forget(routeName(queue, key))
  }

  /** Declares what a worker reads. */
  declareQueue(channel: Channel, queue: string): Promise<void> {
    return this.#declare(channel, queue, this.#keysOf(queue))
  }

  async #declare(channel: Channel, queue: string, keys: readonly string[]): Promise<void> {
    const { exchange, exchangeType, queueBindingArgs, queueDeclareArgs } = this.#settings
    await channel.assertExchange(exchange, exchangeType, { durable: true })
    await channel.assertQueue(queue, { durable: true, arguments: queueDeclareArgs })
    for (const key of keys) await channel.bindQueue(queue, exchange, key, queueBindingArgs)
  }
}

function routeName(queue: string, key: string): string {
  return `route ${JSON.stringify([queue, key])}`
}
