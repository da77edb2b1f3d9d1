import { setTimeout as sleep } from 'node:timers/promises'
import type { Declarer, LiveConnection } from '@machinery/amqp-connection'
import type { Channel, ConsumeMessage } from 'amqplib'
import { directoryQueue, parseRung, type Rung } from './delay-ladder.js'

export interface ListedRung {
  readonly rung: Rung
  /** How many messages wait on it. */
  readonly count: number
}

/** Others read it for some milliseconds only. */
const attempts = 40
const pauseMs = 25

/**
 * The wanted rungs of the delay ladder that exist, by the entries of the directory. Entries of rungs that are gone are
 * deleted on the way.
 */
export async function listRungs(
  live: LiveConnection,
  declarer: Declarer,
  isWanted: (rung: Rung) => boolean,
): Promise<readonly ListedRung[]> {
  if ((await declarer.count(directoryQueue)) === undefined) return []
  for (let attempt = 1; ; attempt++) {
    const channel = await live.openChannel()
    try {
      return await readDirectory(live, declarer, { channel, isWanted })
    } catch (error) {
      if (!isInUse(error) || attempt === attempts) throw error
    } finally {
      // Gives back the entries.
      await live.closeChannel(channel)
    }
    await sleep(pauseMs)
  }
}

async function readDirectory(
  live: LiveConnection,
  declarer: Declarer,
  { channel, isWanted }: { readonly channel: Channel; readonly isWanted: (rung: Rung) => boolean },
): Promise<readonly ListedRung[]> {
  const listed = new Map<string, ListedRung>()
  for (const entry of await live.within(readEntries(channel), 'the list of delay queues')) {
    const rung = parseRung(entry.content.toString())
    const isKnown = rung === undefined || listed.has(rung.queue)
    if (!isKnown && !isWanted(rung)) continue
    const count = isKnown ? undefined : await declarer.count(rung.queue)
    if (count === undefined) channel.ack(entry)
    else if (rung !== undefined) listed.set(rung.queue, { rung, count })
  }
  return [...listed.values()]
}

/** By one reader at a time: what one was handed, another would miss. */
async function readEntries(channel: Channel): Promise<readonly ConsumeMessage[]> {
  const entries: ConsumeMessage[] = []
  const take = (entry: ConsumeMessage | null): void => {
    if (entry !== null) entries.push(entry)
  }
  await channel.consume(directoryQueue, take, { exclusive: true })
  // The first answer may overtake the messages that were pushed before it; the second one comes after them.
  await channel.checkQueue(directoryQueue)
  await channel.checkQueue(directoryQueue)
  return entries
}

function isInUse(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 403
}
