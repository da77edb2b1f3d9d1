import { describe, expect, test } from 'vitest'
import { encodeSignature, newChord, newGroup, type Signature } from '../../src/index.js'
import { until } from '../support.js'
import { Fleet, type Step, signatureOf } from './mortal-worker.js'

/** The most times that a step is met in one of these tests. */
const mostHits = 20

/**
 * Lets one worker die at the first, second, … time it comes to a step, until it lives through; another one comes after it.
 * What had its result stored before the death never runs again, and all the rest runs once more at most.
 */
async function dieAtEachHit(
  at: Step,
  send: (fleet: Fleet) => Promise<{ readonly all: readonly string[]; readonly check: (fleet: Fleet) => void }>,
): Promise<void> {
  for (let hit = 1; hit <= mostHits; hit++) {
    const fleet = new Fleet()
    fleet.worker({ at, hit })
    const { all, check } = await send(fleet)
    const isDone = async (): Promise<boolean> => {
      const states = await fleet.backend.readStates(all)
      return states.every((state) => state?.state === 'SUCCESS') && fleet.isSettled()
    }
    await until(async () => fleet.deaths > 0 || (await isDone()))
    const runsBefore = fleet.runs.length
    const states = await fleet.backend.readStates(all)
    const stored = new Set(all.filter((_, index) => states[index]?.state === 'SUCCESS'))
    if (fleet.deaths > 0) fleet.worker()
    await until(isDone)
    const runsAfter = fleet.runs.slice(runsBefore)
    expect(runsAfter.filter(({ uuid }) => stored.has(uuid))).toEqual([])
    for (const uuid of all) {
      const ends = fleet.runsOf(uuid).filter(({ hasEnded }) => hasEnded)
      const mayHaveEnded = fleet.runs.slice(0, runsBefore).some((run) => run.uuid === uuid && run.hasEnded)
      expect(ends.length, `${uuid} at hit ${hit}`).toBe(mayHaveEnded && !stored.has(uuid) ? 2 : 1)
    }
    check(fleet)
    if (fleet.deaths === 0) {
      expect(hit, 'it died at least once').toBeGreaterThan(1)
      return
    }
  }
  expect.unreachable(`It came to ${at} again and again.`)
}

const steps: readonly Step[] = [
  'fetched',
  'received',
  'started',
  'before-handler',
  'after-handler',
  'terminal',
  'pending',
  'publishing',
  'published',
  'acked',
]

describe('F02: a worker that is killed', () => {
  test.each(steps)('at step %s loses no task and no callback, and repeats nothing that was stored', (at) =>
    dieAtEachHit(at, async ({ producer }) => {
      const callbacks = [signatureOf('note', 1), signatureOf('note', 2)]
      const task = { ...signatureOf('member', 0), onSuccess: callbacks }
      await producer.sendTask(task)
      return { all: [task, ...callbacks].map(({ uuid }) => uuid), check: () => undefined }
    }),
  )

  test.each([...steps, 'member-noted', 'chord-claimed', 'chord-published', 'chord-marked'] as const)(
    'at step %s leaves its chord one effect',
    (at) =>
      dieAtEachHit(at, async ({ producer }) => {
        const members = [0, 1, 2].map((n) => signatureOf('member', n))
        const { all, callback } = await sendChord(producer.sendChord.bind(producer), members)
        return {
          all,
          check: (fleet) => {
            const effects = fleet.runsOf(callback.uuid).map(({ args }) => args)
            // Where its own result was lost on the way, it ran again, with the same.
            expect(new Set(effects.map(String))).toEqual(new Set(['0,1,2']))
          },
        }
      }),
  )

  test.each(['fetched', 'before-handler', 'after-handler'] as const)(
    'when delayed members are due, at step %s, leaves their chord one effect, and none starts early',
    (at) =>
      dieAtEachHit(at, async ({ producer }) => {
        const eta = new Date(Date.now() + 40)
        const members = [0, 1, 2].map((n) => ({ ...signatureOf('member', n), eta }))
        const { all, callback } = await sendChord(producer.sendChord.bind(producer), members)
        return {
          all,
          check: (fleet) => {
            expect(String(fleet.runsOf(callback.uuid)[0]?.args)).toBe('0,1,2')
            expect(fleet.runs.filter((run) => run.at < eta.getTime())).toEqual([])
          },
        }
      }),
  )
})

type SendChord = (workflow: ReturnType<typeof newChord>) => Promise<unknown>

async function sendChord(send: SendChord, members: readonly Signature[]) {
  const callback = signatureOf('collect')
  const group = newGroup(...members)
  await send(newChord(group, callback))
  return { all: [...group.tasks, callback].map(({ uuid }) => uuid), callback }
}

describe('F14: out of order', () => {
  test("a retry's copy that comes before its message was acknowledged runs once, and its end stays", async () => {
    const fleet = new Fleet()
    fleet.worker({ at: 'published', hit: 1 })
    const task = { ...signatureOf('flaky'), retryCount: 3 }
    const result = await fleet.producer.sendTask(task)
    await until(() => fleet.deaths === 1)
    fleet.worker()
    expect(await result.get({ timeout: '5s' })).toBe('done')
    await until(() => fleet.isSettled())
    expect((await result.getState())?.state).toBe('SUCCESS')
    expect(fleet.runsOf(task.uuid).filter(({ hasEnded }) => hasEnded)).toHaveLength(1)
  })

  test('a callback that runs before the message of its parent comes again is not sent once more', async () => {
    const fleet = new Fleet()
    fleet.worker({ at: 'published', hit: 1 })
    const callback = signatureOf('note', 1)
    const task = { ...signatureOf('member', 0), onSuccess: [callback] }
    const body = encodeSignature({ ...task, routingKey: 'machinery_tasks' })
    await fleet.broker.publish([{ routingKey: 'machinery_tasks', body }])
    await until(() => fleet.deaths === 1)
    // It went back to the queue, and we take it out: it comes late.
    await until(async () => (await fleet.broker.countMessages('machinery_tasks')).pending === 2)
    await fleet.broker.purge('machinery_tasks', 'pending')
    await fleet.producer.sendTask(callback)
    fleet.worker()
    await fleet.producer.asyncResult(callback.uuid).get({ timeout: '5s' })
    await fleet.broker.publish([{ routingKey: 'machinery_tasks', body }])
    await until(() => fleet.isSettled())
    expect(fleet.runsOf(callback.uuid)).toHaveLength(1)
    expect(fleet.runsOf(task.uuid)).toHaveLength(1)
    const states = await fleet.backend.readStates([task.uuid, callback.uuid])
    expect(states.map((state) => state?.state)).toEqual(['SUCCESS', 'SUCCESS'])
  })

  test('a task that is sent again after its end stays ended, and does not run', async () => {
    const fleet = new Fleet()
    fleet.worker()
    const task = signatureOf('member', 7)
    expect(await (await fleet.producer.sendTask(task)).get({ timeout: '5s' })).toBe(7)
    const again = await fleet.producer.sendTask(task)
    expect((await again.getState())?.state).toBe('SUCCESS')
    await until(() => fleet.isSettled())
    expect(fleet.runsOf(task.uuid)).toHaveLength(1)
    expect((await fleet.producer.asyncResult(task.uuid).getState())?.state).toBe('SUCCESS')
  })
})
