import { createHash } from 'node:crypto'
import { type Declarer, ownQueueArguments } from '@machinery/amqp-connection'
import type { AmqpArguments } from './options.js'

/** Where a delayed message goes when it is due. */
export interface Target {
  /** Empty: the default exchange, whose routing keys are names of queues. */
  readonly exchange: string
  readonly key: string
}

/** The longest `x-expires` and `x-message-ttl` that RabbitMQ takes, in milliseconds: ten years of 365 days. */
export const longestTimerMs = 315_360_000_000

/** How long a rung that nobody declares stays after its last message, in milliseconds. */
const spareMs = 3_600_000
/** How long a declared rung is taken for granted, in milliseconds: much less than it stays. */
const trustedMs = 600_000
const shortestMs = 20

/** The longest delay on the ladder, in milliseconds. */
export const longestRungMs = 315_000_000_000

/** Lists the rungs there are, as AMQP has no way to ask for them. */
export const directoryQueue = 'ts.delays'
const mostListed = 10_000

/** One queue of the ladder: all that waits for so long and for one target. */
export interface Rung {
  readonly queue: string
  readonly ms: number
  readonly target: Target
}

/**
 * The rung for a delay: rounded up, to 20 ms up to a second and by at most 5 % beyond. So there are some 180 rungs for each
 * power of ten at most, where Go has a queue for every millisecond.
 */
export function rungFor(delayMs: number, target: Target): Rung {
  const step = delayMs <= 1_000 ? shortestMs : 10 ** Math.floor(Math.log10(delayMs)) / 20
  const ms = Math.max(shortestMs, Math.ceil(delayMs / step) * step)
  const name = `ts.delay.${ms}.${target.exchange}.${target.key}`
  if (Buffer.byteLength(name) <= 255) return { queue: name, ms, target }
  const hash = createHash('sha256').update(`${target.exchange}\0${target.key}`).digest('hex')
  return { queue: `ts.delay.${ms}.${hash}`, ms, target }
}

/** Declares a rung and lists it; `undefined` where that was done lately on this connection. */
export function declareRung(declarer: Declarer, rung: Rung): Promise<void> | undefined {
  return declarer.once(rung.queue, () => declare(declarer, rung), trustedMs)
}

async function declare(declarer: Declarer, rung: Rung): Promise<void> {
  const isNew = (await declarer.count(rung.queue)) === undefined
  await declarer.run(`the declaration of queue ${rung.queue}`, async (channel) => {
    if (isNew) {
      await channel.assertQueue(directoryQueue, { durable: true, arguments: directoryArguments })
      channel.sendToQueue(directoryQueue, Buffer.from(JSON.stringify(rung)), { persistent: true })
    }
    await channel.assertQueue(rung.queue, { durable: true, arguments: argumentsOf(rung) })
  })
}

const directoryArguments: AmqpArguments = { ...ownQueueArguments, 'x-max-length': mostListed }

function argumentsOf({ ms, target }: Rung): AmqpArguments {
  return {
    ...ownQueueArguments,
    'x-message-ttl': ms,
    'x-expires': Math.min(ms + spareMs, longestTimerMs),
    'x-dead-letter-exchange': target.exchange,
    'x-dead-letter-routing-key': target.key,
  }
}

/** A rung as the directory lists it; `undefined` for what is none. */
export function parseRung(text: string): Rung | undefined {
  try {
    const { queue, ms, target } = JSON.parse(text)
    const isRung = typeof queue === 'string' && typeof ms === 'number' && typeof target?.key === 'string'
    return isRung ? { queue, ms, target: { exchange: String(target.exchange), key: target.key } } : undefined
  } catch {
    return undefined
  }
}
