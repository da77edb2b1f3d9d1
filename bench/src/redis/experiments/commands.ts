import { setTimeout as delay } from 'node:timers/promises'
import { countRedisCommands, type RedisCommands } from '../../harness/redis-commands.js'
import type { Experiment, Figures, Measure } from '../../harness/suite.js'
import { sendBulk } from '../../tasks/pairs.js'
import { workOff } from '../../tasks/work-off.js'
import type { Peer } from '../peer.js'

const tasks = { full: 5_000, quick: 2_000 }
const singleTasks = { full: 300, quick: 100 }
const pauseMs = 8

/** Commands per task where libraries can do things in bulk. */
export const commandsBusy: Experiment<Peer> = {
  measures: measures('commands-busy', 'tasks sent 1,000 per call and worked off with concurrency 100'),
  run: async (subject, { url, scale }) => {
    await using peer = await subject.open(url)
    const count = tasks[scale]
    await sendBulk(peer, count)
    await workOff(peer, { count, warmUp: 0, concurrency: 100 })
    const commands = await countRedisCommands(url, async () => {
      await sendBulk(peer, count)
      await workOff(peer, { count, warmUp: 0, concurrency: 100 })
    })
    return figures('commands-busy', commands, count)
  },
}

/** Commands per task where each comes alone. */
export const commandsIdle: Experiment<Peer> = {
  measures: measures('commands-idle', 'tasks that come one at a time to an idle worker'),
  run: async (subject, { url, scale }) => {
    await using peer = await subject.open(url)
    const count = singleTasks[scale]
    const failed = Promise.withResolvers<never>()
    failed.promise.catch(() => undefined)
    const waiting: (() => void)[] = []
    const stop = await peer.work({
      concurrency: 10,
      handler: (a, b) => a + b,
      onDone: () => waiting.shift()?.(),
      onFailure: failed.reject,
    })
    const runOne = async (): Promise<void> => {
      const done = new Promise<void>((resolve) => waiting.push(resolve))
      await peer.send(1, 1)
      await Promise.race([done, failed.promise])
      await delay(pauseMs)
    }
    for (let index = 0; index < 20; index++) await runOne()
    const commands = await countRedisCommands(url, async () => {
      for (let index = 0; index < count; index++) await runOne()
    })
    await stop()
    return figures('commands-idle', commands, count)
  },
}

function measures(name: string, about: string): readonly Measure[] {
  return [
    { name, unit: 'commands/task', better: 'lower', about: `all commands that Redis carries out, ${about}` },
    { name: `${name}-sent`, unit: 'commands/task', better: 'lower', about: 'of those, sent by clients' },
    { name: `${name}-scripts`, unit: 'calls/task', better: 'lower', about: 'of those sent, calls of scripts' },
    { name: `${name}-in-scripts`, unit: 'commands/task', better: 'lower', about: 'of all, run by those scripts' },
  ]
}

function figures(name: string, { sent, scriptCalls, inScripts }: RedisCommands, count: number): Figures {
  return {
    [name]: (sent + inScripts) / count,
    [`${name}-sent`]: sent / count,
    [`${name}-scripts`]: scriptCalls / count,
    [`${name}-in-scripts`]: inScripts / count,
  }
}
