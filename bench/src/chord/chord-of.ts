import { monotonicUs } from '../harness/monotonic-us.js'
import { countRedisCommands } from '../harness/redis-commands.js'
import { median } from '../harness/statistics.js'
import type { Experiment } from '../harness/suite.js'
import type { ChordPeer } from './peer.js'

/** So many members in all are measured in a run, and as many before that, to warm up: as with the drains. */
const membersPerRun = { full: 20_000, quick: 5_000 }
const most = 200

/** Chords of so many members, one after another: time from sending to the callback, and Redis commands. */
export function chordOf(members: number): Experiment<ChordPeer> {
  const name = `chord-${members}`
  return {
    measures: [
      {
        name,
        unit: 'µs/member',
        better: 'lower',
        about: `a chord of ${format(members)}, from sending to its callback`,
      },
      {
        name: `${name}-commands`,
        unit: 'commands/member',
        better: 'lower',
        about: 'all commands that Redis carries out for it',
      },
      { name: `${name}-in-scripts`, unit: 'commands/member', better: 'lower', about: 'of those, run by scripts' },
    ],
    run: async (subject, { url, scale }) => {
      await using peer = await subject.open(url)
      const times = Math.min(most, Math.max(1, Math.round(membersPerRun[scale] / members)))
      for (let warm = 0; warm < membersPerRun[scale]; warm += members) await run(peer, members)
      const durations: number[] = []
      for (let time = 0; time < times; time++) durations.push(await run(peer, members))
      const commands = await countRedisCommands(url, async () => void (await run(peer, members)))
      return {
        [name]: median(durations) / members,
        [`${name}-commands`]: (commands.sent + commands.inScripts) / members,
        [`${name}-in-scripts`]: commands.inScripts / members,
      }
    },
  }
}

/** In microseconds. */
async function run(peer: ChordPeer, members: number): Promise<number> {
  const startedAt = monotonicUs()
  const sum = await peer.run(members)
  const us = monotonicUs() - startedAt
  const right = (members * (members + 1)) / 2
  if (sum !== right) throw new Error(`The sum of a chord of ${members} came out as ${sum} instead of ${right}.`)
  return us
}

function format(count: number): string {
  return count.toLocaleString('en')
}
