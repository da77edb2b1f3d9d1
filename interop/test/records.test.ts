import { chord, group, newChord, newGroup, type Server, type Signature } from '@machinery/core'
import { type GoClient, type GoProducer, Monitor } from '@machinery-internal/interop'
import { echoes, fail, listed, none, slowAdd, two } from '@machinery-internal/interop/tasks'
import { beforeAll, describe, expect, test } from 'vitest'
import { at } from './at.js'
import { describeFleet, newQueue } from './describe-fleet.js'

const uuid = (): string => `task_${crypto.randomUUID()}`

describeFleet('what is stored', (fleet) => {
  describe.each<GoClient>(['redigo', 'go-redis'])('%s', (client) => {
    const queues = { go: newQueue(), ts: newQueue() }
    let ts: Server
    let go: GoProducer

    beforeAll(async () => {
      ts = fleet().tsServer(queues.ts)
      go = await fleet().goProducer(client, queues.go)
      await fleet().goWorker(client, queues.go)
      fleet().tsWorker(queues.ts)
    })

    /** What was stored under each key, in order, while `act` ran. */
    async function storedDuring(
      keys: readonly string[],
      act: () => Promise<unknown>,
    ): Promise<readonly (readonly string[])[]> {
      const monitor = await Monitor.open(fleet().redis.port)
      try {
        await act()
        return await Promise.all(keys.map((key) => monitor.valuesOf(key)))
      } finally {
        monitor.close()
      }
    }

    const echoString = echoes.get('string') as NonNullable<ReturnType<typeof echoes.get>>
    const cases: Readonly<Record<string, () => Signature>> = {
      'two results': () => two.s(),
      'no result': () => none.s(),
      'a failure': () => fail.s('boom <x> & é\u2028'),
      'text with every sort of character': () => echoString.s('<a&b>\u2028é\n"\\\u007f' as never),
      'a task that takes its time': () => slowAdd.s(50, 3),
    }

    test.each(Object.entries(cases))(
      'for %s the records are the same from both sides, in every state',
      async (_name, make) => {
        const inGo = at(queues.go, make(), { uuid: uuid() })
        const here = at(queues.ts, make(), { uuid: uuid() })
        const [ofGo = [], ofTs = []] = await storedDuring([inGo.uuid, here.uuid], async () => {
          await go.send(inGo)
          await ts.sendTask(here)
          const settled = (task: string): Promise<unknown> =>
            ts
              .asyncResult(task)
              .get({ timeout: '10s' })
              .catch(() => {})
          await Promise.all([settled(inGo.uuid), settled(here.uuid)])
        })
        expect(ofGo.map((text) => JSON.parse(text).State)).toEqual([
          'PENDING',
          'RECEIVED',
          'STARTED',
          expect.any(String),
        ])
        const byState = new Map(ofGo.map((text) => [JSON.parse(text).State, plain(text)]))
        // A state that was over before it was written need not be there.
        expect(ofTs.length).toBeGreaterThanOrEqual(2)
        for (const text of ofTs) expect(plain(text)).toBe(byState.get(JSON.parse(text).State))
        expect(plain(ofTs.at(-1) ?? '')).toBe(plain(ofGo.at(-1) ?? ''))
        for (const records of [ofGo, ofTs]) {
          expect(new Set(records.map((text) => JSON.parse(text).CreatedAt)).size).toBe(1)
        }
        // Read and written again by Go, it is the same.
        expect(await go.state(here.uuid)).toEqual(JSON.parse(ofTs.at(-1) ?? ''))
      },
    )

    test('a worker here shows every state of a task that takes its time', async () => {
      const one = at(queues.ts, slowAdd.s(100, 3), { uuid: uuid() })
      const [states = []] = await storedDuring([one.uuid], async () => {
        await go.send(one)
        await go.get([one.uuid])
      })
      const names = states.map((text) => JSON.parse(text).State)
      expect(names[0]).toBe('PENDING')
      expect(names).toContain('STARTED')
      expect(names.at(-1)).toBe('SUCCESS')
    })

    test.each(['go', 'ts'] as const)('each state in %s gives the record its whole life again', async (side) => {
      const one = at(queues[side], slowAdd.s(300, 1), { uuid: uuid() })
      await go.send(one)
      await fleet().untilRun([one.uuid])
      await fleet().client.pexpire(one.uuid, 50_000)
      await go.get([one.uuid])
      const left = await fleet().client.pttl(one.uuid)
      expect(left).toBeGreaterThan(3_590_000)
      expect(left).toBeLessThanOrEqual(3_600_000)
    })

    test('groups are the same from both sides, before and after their chord', async () => {
      const members = (): readonly Signature[] => [1, 2].map((n) => at(queues.go, slowAdd.s(150, n), { uuid: uuid() }))
      const callback = (): Signature => at(queues.go, listed.s(), { uuid: uuid() })
      const sent = await go.sendChord(members(), callback())
      const here = newChord(newGroup(...members()), callback())
      await ts.sendChord(here)
      const groups = [sent.group, here.group.groupUuid]
      const read = (): Promise<readonly string[]> =>
        Promise.all(groups.map(async (key) => plain((await fleet().client.get(key)) ?? '')))
      const [ofGo, ofTs] = await read()
      expect(ofTs).toBe(ofGo)
      expect(ofGo).toContain('"ChordTriggered":false')
      await go.get([sent.callback])
      await go.get([here.callback.uuid])
      const [goAfter, tsAfter] = await read()
      expect(tsAfter).toBe(goAfter)
      expect(goAfter).toContain('"ChordTriggered":true')
    })

    test('a group that this library has ended is one that Go can read', async () => {
      const members = [1, 2].map((n) => at(queues.ts, slowAdd.s(0, n), { uuid: uuid() }))
      const sent = await go.sendChord(members, at(queues.go, listed.s(), { uuid: uuid() }))
      expect(await go.get([sent.callback])).toEqual([{ Type: '[]int64', Value: [1, 2] }])
      expect(await fleet().record(sent.group)).toMatchObject({ ChordTriggered: true, Lock: false, TTL: 0 })
      expect(
        await go.isGroupCompleted(
          sent.group,
          members.map((member) => member.uuid),
        ),
      ).toBe(true)
    })

    test('messages are the same from both sides, but for the headers of this library', async () => {
      const queue = newQueue()
      const onSuccess = at('', two.s(), { uuid: uuid() })
      const onError = at('', none.s(), { uuid: uuid(), headers: { b: 'x', a: '<&>' }, retryCount: 2, immutable: true })
      const one = at(queue, echoString.s('<é>' as never), {
        onSuccess: [onSuccess],
        onError: [onError],
        headers: { z: 'y' },
        retryCount: 1,
        retryTimeout: 3,
        stopTaskDeletionOnError: true,
      })
      await go.send({ ...one, uuid: uuid() })
      await ts.sendTask({ ...one, uuid: uuid() })
      const sent = (index: string): Promise<string | null> => fleet().client.lindex(queue, index)
      const [ofGo, ofTs] = [(await sent('0')) ?? '', (await sent('1')) ?? '']
      expect(plain(ofTs)).toBe(plain(ofGo))
    })

    test('members of a chord are the same from both sides', async () => {
      const queue = newQueue()
      const members = (): readonly Signature[] => [at(queue, none.s()), at(queue, none.s())]
      await go.sendChord(members(), at('', listed.s(1), { uuid: uuid() }))
      await ts.sendChord(newChord(newGroup(...members()), at('', listed.s(1), { uuid: uuid() })))
      const bodies = await fleet().client.lrange(queue, 0, -1)
      expect(bodies).toHaveLength(4)
      expect(new Set(bodies.map(plain)).size).toBe(1)
    })

    test('while a worker in Go raises the flag of a chord, this library waits', async () => {
      const members = [at(queues.ts, slowAdd.s(0, 1), { uuid: uuid() })]
      const callback = at(queues.ts, listed.s(), { uuid: uuid() })
      await fleet().client.set('TriggerChordMutex', 'somebody', 'PX', 8_000)
      const sent = await go.sendChord(members, callback)
      await go.get([members[0]?.uuid ?? ''])
      await new Promise((resolve) => setTimeout(resolve, 600))
      expect(fleet().runsOf(callback.uuid)).toEqual([])
      expect(await fleet().record(sent.group)).toMatchObject({ ChordTriggered: false })
      await fleet().client.del('TriggerChordMutex')
      expect(await go.get([callback.uuid])).toEqual([{ Type: '[]int64', Value: [1] }])
      expect(fleet().runsOf(callback.uuid)).toHaveLength(1)
    })

    test('a chord that a worker in Go has triggered is left alone here', async () => {
      const members = [at(queues.ts, slowAdd.s(200, 1), { uuid: uuid() })]
      const callback = at(queues.ts, listed.s(), { uuid: uuid() })
      const sent = await go.sendChord(members, callback)
      const record = (await fleet().client.get(sent.group)) ?? ''
      await fleet().client.set(
        sent.group,
        record.replace('"ChordTriggered":false', '"ChordTriggered":true'),
        'EX',
        3600,
      )
      await go.get([members[0]?.uuid ?? ''])
      await new Promise((resolve) => setTimeout(resolve, 300))
      expect(fleet().runsOf(callback.uuid)).toEqual([])
    })
  })

  test('the chord of a group whose records are short-lived ends here as long as its tasks run', async () => {
    const queue = newQueue()
    const ts = fleet().tsServer(queue, { expire: 2 })
    fleet().tsWorker(queue, { expire: 2 })
    const result = await ts.sendChord(chord(group(slowAdd.s(0, 1), slowAdd.s(4_500, 2)), listed.s()))
    expect(await result.get({ timeout: '15s' })).toEqual([1, 2])
  })
})

/** Without what differs from task to task, and what only this library sends. */
function plain(text: string): string {
  return text
    .replace(/(task|chord|group)_[0-9a-f-]{36}/g, '<$1>')
    .replace(/"CreatedAt":"\d{4}-[^"]*Z"/g, '"CreatedAt":"<time>"')
    .replace(/,?"machinery-ts-[^"]*":"[^"]*"/g, '')
    .replaceAll('{,', '{')
}
