import type { LiveConnection, Prepared } from '@machinery/amqp-connection'
import { encodeTaskState, type Settled, type TaskState } from '@machinery/core/adapter'
import { declareGoQueue } from './go-queue.js'
import type { Parts } from './parts.js'

/** A state on its way into one of Go's queues. */
export interface QueueWrite {
  readonly queue: string
  readonly state: TaskState
  /** How long it is kept, where that is shorter than the queue's own time, in milliseconds. */
  readonly expiresInMs: number
}

/** Appends states to queues, in order, which are declared first. Never rejects. */
export function writeToQueues(parts: Parts, writes: readonly QueueWrite[]): Promise<readonly Settled[]> {
  return parts.publisher.publish(writes.length, async (live) => {
    const undeclared = await declareQueues(parts, live, new Set(writes.map(({ queue }) => queue)))
    return writes.map((write) => undeclared.get(write.queue) ?? messageOf(parts, live, write))
  })
}

/** What could not be declared, and why. */
async function declareQueues(parts: Parts, live: LiveConnection, queues: ReadonlySet<string>) {
  const failures = new Map<string, Prepared>()
  const declaring: Promise<void>[] = []
  for (const queue of queues) {
    const declared = declareGoQueue(parts.callsOn(live), queue, parts.expiresInMs)
    if (declared === undefined) continue
    declaring.push(declared.catch((error: unknown) => void failures.set(queue, { status: 'rejected', error })))
  }
  await Promise.all(declaring)
  return failures
}

/**
 * As Go writes it, but through the default exchange, which leads to the queue of that name: so there is no binding to declare,
 * and a `fanout` exchange does not take states to the workers.
 */
function messageOf(parts: Parts, live: LiveConnection, { queue, state, expiresInMs }: QueueWrite): Prepared {
  try {
    return {
      exchange: '',
      routingKey: queue,
      body: Buffer.from(encodeTaskState(state)),
      properties: {
        contentType: 'application/json',
        persistent: true,
        mandatory: true,
        ...(expiresInMs < parts.expiresInMs && { expiration: String(Math.max(1, Math.ceil(expiresInMs))) }),
      },
      onUnroutable: () => parts.callsOn(live).of(queue).forget(queue),
    }
  } catch (error) {
    return { status: 'rejected', error }
  }
}
