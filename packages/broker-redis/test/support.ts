import { randomUUID } from 'node:crypto'
import { setTimeout as delay } from 'node:timers/promises'
import { RedisBroker, type RedisBrokerOptions } from '@machinery/broker-redis'
import type { Consumer, Delivery, OutgoingMessage, Settled } from '@machinery/core/adapter'
import { redisCommand } from '@machinery-internal/test-servers'

/** Times scaled down: a lost consumer is noticed within 2.1 s. */
export const fast = {
  leaseMs: 1_500,
  delayedPollMs: 200,
  commandTimeoutMs: 1_500,
  connectTimeoutMs: 8_000,
} satisfies RedisBrokerOptions

export function openBroker(port: number, options: RedisBrokerOptions = {}): RedisBroker {
  return new RedisBroker({ host: '127.0.0.1', port, ...fast, ...options })
}

export function consume(broker: RedisBroker, queue: string): Promise<Consumer> {
  return broker.consume({ queue, consumerTag: 'test', concurrency: 10, maxUnsettled: 100 })
}

export function newQueue(): string {
  return `queue-${randomUUID()}`
}

/** A signature as Go writes it, as far as brokers look. */
export function signature(name: string, routingKey: string): string {
  return JSON.stringify({ UUID: `task_${name}`, Name: name, RoutingKey: routingKey, ETA: null, Args: [] })
}

export function message(queue: string, name: string, more: Partial<OutgoingMessage> = {}): OutgoingMessage {
  return { routingKey: queue, body: Buffer.from(signature(name, queue)), ...more }
}

export function messages(queue: string, count: number): OutgoingMessage[] {
  return names(count).map((name) => message(queue, name))
}

export function names(count: number): string[] {
  return Array.from({ length: count }, (_, index) => String(index))
}

export function namesOf(bodies: readonly { readonly body: Uint8Array }[]): string[] {
  return bodies.map(({ body }) => JSON.parse(Buffer.from(body).toString()).Name)
}

export function statusesOf(settled: readonly Settled[]): string[] {
  return settled.map(({ status }) => status)
}

/** Receives until there are `count`, or until time is up. */
export async function take(consumer: Consumer, count: number, withinMs = 8_000): Promise<Delivery[]> {
  const taken: Delivery[] = []
  const signal = AbortSignal.timeout(withinMs)
  while (taken.length < count && !signal.aborted) taken.push(...(await consumer.receive(count - taken.length, signal)))
  return taken
}

/** Waits until the condition holds. */
export async function until(what: string, holds: () => Promise<boolean> | boolean, withinMs = 8_000): Promise<void> {
  const end = Date.now() + withinMs
  while (!(await holds())) {
    if (Date.now() > end) throw new Error(`Not so within ${withinMs} ms: ${what}.`)
    await delay(20)
  }
}

export async function privateKeys(port: number, queue: string): Promise<string[]> {
  return ((await redisCommand(port, 'KEYS', `{${queue}}:ts:*`)) as string[]).sort()
}
