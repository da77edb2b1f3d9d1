import { setTimeout as delay } from 'node:timers/promises'
import { redisInfo } from './redis-info.js'

/** What Redis did. */
export interface RedisCommands {
  /** Commands that clients sent. A call of a script is one. */
  readonly sent: number
  /** How many of them were calls of scripts or functions. */
  readonly scriptCalls: number
  /** Commands that scripts ran. */
  readonly inScripts: number
}

/** Sent by the counting itself, and by clients when they connect. */
const uncounted = new Set(['info', 'monitor', 'hello', 'auth', 'client', 'ping', 'quit', 'config'])

/** Counts the commands that the server carries out during `action`. It is slower meanwhile. */
export async function countRedisCommands(url: string, action: () => Promise<void>): Promise<RedisCommands> {
  // Loaded where it is needed only, so that it takes no room and time from what is measured elsewhere.
  const { Redis } = await import('ioredis')
  const redis = new Redis(url)
  // INFO counts commands in scripts with the others; MONITOR marks them.
  const monitor = await redis.monitor()
  let inScripts = 0
  monitor.on('monitor', (_time: string, _args: string[], source: string) => {
    if (source === 'lua') inScripts++
  })
  try {
    const before = await callsByCommand(url)
    await action()
    const after = await callsByCommand(url)
    await quiet(() => inScripts)
    let [total, scriptCalls] = [0, 0]
    for (const [command, calls] of after) {
      const more = calls - (before.get(command) ?? 0)
      if (!uncounted.has(command.split('|')[0] ?? '')) total += more
      if (/^(eval|evalsha|fcall)(_ro)?$/.test(command)) scriptCalls += more
    }
    return { sent: total - inScripts, scriptCalls, inScripts }
  } finally {
    monitor.disconnect()
    redis.disconnect()
  }
}

async function callsByCommand(url: string): Promise<ReadonlyMap<string, number>> {
  const info = await redisInfo(url, 'commandstats')
  const lines = info.matchAll(/^cmdstat_([^:]+):calls=(\d+)/gm)
  return new Map(Array.from(lines, ([, command = '', calls]) => [command, Number(calls)]))
}

/** Waits until all that MONITOR still has to tell has arrived. */
async function quiet(count: () => number): Promise<void> {
  for (let before = -1; before !== count(); ) {
    before = count()
    await delay(100)
  }
}
