import { chain, chord, group, newChain, newChord, newGroup, type Server, type Signature } from '@machinery/core'
import { type GoClient, type GoProducer, until } from '@machinery-internal/interop'
import { add, fail, listed, meet, multiply, pair, slowAdd, sum, two } from '@machinery-internal/interop/tasks'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { at } from './at.js'
import { describeFleet, newQueue } from './describe-fleet.js'

const uuid = (): string => `task_${crypto.randomUUID()}`

describeFleet('workflows', (fleet) => {
  describe.each<GoClient>(['redigo', 'go-redis'])('%s', (client) => {
    let queues: { go: string; ts: string }
    let ts: Server
    let go: GoProducer

    beforeAll(async () => {
      queues = { go: newQueue(), ts: newQueue() }
      ts = fleet().tsServer(queues.ts)
      go = await fleet().goProducer(client, queues.go)
      await fleet().goWorker(client, queues.go, { concurrency: 20 })
      fleet().tsWorker(queues.ts, { concurrency: 20 })
    })
    afterAll(() => fleet().stopWorkers())

    /** Both kinds of producer; answers the UUID of the last task. */
    const senders: Readonly<
      Record<
        string,
        {
          chain(...steps: readonly Signature[]): Promise<string>
          chord(members: readonly Signature[], callback: Signature): Promise<string>
        }
      >
    > = {
      'sent from here': {
        chain: async (...steps) => {
          const workflow = newChain(...steps)
          await ts.sendChain(workflow)
          return workflow.tasks.at(-1)?.uuid ?? ''
        },
        chord: async (members, callback) => {
          const workflow = newChord(newGroup(...members), callback)
          await ts.sendChord(workflow)
          return workflow.callback.uuid
        },
      },
      'sent from Go': {
        chain: async (...steps) => (await go.sendChain(...steps)).at(-1) ?? '',
        chord: async (members, callback) => (await go.sendChord(members, callback)).callback,
      },
    }

    /** What both kinds of handle say about one task. */
    async function expectResult(task: string, type: string, value: unknown): Promise<void> {
      expect(await ts.asyncResult(task).get({ timeout: '20s' })).toEqual(value)
      expect(await go.get([task])).toEqual([{ Type: type, Value: value }])
      expect(fleet().runsOf(task)).toHaveLength(1)
    }

    describe.each(Object.keys(senders))('%s', (name) => {
      const send = senders[name] as (typeof senders)[string]

      test('a chain whose steps run in Go and here by turns hands its results on', async () => {
        const steps = [add.s(1, 1), multiply.s(4), add.s(5), multiply.s(2), add.s(), listed.s(7)]
        const last = await send.chain(
          ...steps.map((step, index) => at(index % 2 === 0 ? queues.go : queues.ts, step, { uuid: uuid() })),
        )
        await expectResult(last, '[]int64', [7, 26])
        expect(fleet().runs.filter((run) => run.uuid === last && run.side === 'ts')).toHaveLength(1)
      })

      test.each(['go', 'ts'] as const)(
        'several results go to the next step in order, after its own (%s first)',
        async (first) => {
          const next = first === 'go' ? 'ts' : 'go'
          await expectResult(
            await send.chain(
              at(queues[first], two.s(), { uuid: uuid() }),
              at(queues[next], pair.s('a'), { uuid: uuid() }),
            ),
            'string',
            'a7x',
          )
        },
      )

      test.each(['go', 'ts'] as const)('an immutable step in %s passes nothing on', async (side) => {
        const first = at(queues[side], add.s(1, 1), { uuid: uuid(), immutable: true })
        await expectResult(await send.chain(first, at(queues[side], add.s(5), { uuid: uuid() })), 'int64', 5)
      })

      test.each(['go', 'ts'] as const)(
        'a chord whose last member ends in %s sends its callback once, with results in order',
        async (last) => {
          const members = Array.from({ length: 6 }, (_, index) => {
            const side = index % 2 === 0 ? 'go' : 'ts'
            const isLast = index === (last === 'go' ? 2 : 3)
            return at(queues[side], slowAdd.s(isLast ? 400 : 0, index), { uuid: uuid() })
          })
          const callback = at(queues.ts, listed.s(100), { uuid: uuid() })
          await expectResult(await send.chord(members, callback), '[]int64', [100, 0, 1, 2, 3, 4, 5])
          await expectResult(
            await send.chord(
              members.map((member) => ({ ...member, uuid: uuid() })),
              { ...callback, routingKey: queues.go, uuid: uuid() },
            ),
            '[]int64',
            [100, 0, 1, 2, 3, 4, 5],
          )
        },
      )

      test.each(['go', 'ts'] as const)(
        'an immutable callback takes no results of members (last in %s)',
        async (last) => {
          const members = (['go', 'ts'] as const).map((side) =>
            at(queues[side], slowAdd.s(side === last ? 200 : 0, 1), { uuid: uuid(), immutable: true }),
          )
          await expectResult(
            await send.chord(members, at(queues.go, add.s(3), { uuid: uuid(), immutable: true })),
            'int64',
            3,
          )
          await expectResult(
            await send.chord(
              members.map((member) => ({ ...member, uuid: uuid() })),
              at(queues.ts, add.s(3), { uuid: uuid() }),
            ),
            'int64',
            5,
          )
        },
      )

      test('a callback without a queue goes to the default queue of the worker that ends the chord', async () => {
        const members = [
          at(queues.go, slowAdd.s(0, 1), { uuid: uuid() }),
          at(queues.ts, slowAdd.s(200, 2), { uuid: uuid() }),
        ]
        const callback = await send.chord(members, { ...listed.s(), uuid: uuid() })
        await expectResult(callback, '[]int64', [1, 2])
        expect(fleet().runsOf(callback)).toMatchObject([{ side: 'ts' }])
      })

      test.each(['go', 'ts'] as const)(
        'a chord with a member that fails in %s never runs its callback',
        async (side) => {
          const other = side === 'go' ? 'ts' : 'go'
          const failing = at(queues[side], fail.s('no'), { uuid: uuid() })
          const members = [failing, at(queues[other], slowAdd.s(200, 1), { uuid: uuid() })]
          const callback = await send.chord(members, at(queues.ts, listed.s(), { uuid: uuid() }))
          const uuids = [...members.map((member) => member.uuid), callback]
          await expect(go.get(uuids.slice(0, 1))).rejects.toThrow('no')
          await ts.asyncResult(uuids[1] as string).get({ timeout: '10s' })
          if (other === 'ts') {
            // Whoever ends it here tells those who wait for the callback.
            await expect(go.get([callback])).rejects.toThrow('no')
            await expect(ts.asyncResult(callback).get({ timeout: '10s' })).rejects.toThrow('no')
          }
          expect(fleet().runsOf(callback)).toHaveLength(0)
        },
      )
    })

    test('the handle of a chord settles when a member failed and Go ended the last one without a word', async () => {
      const members = [at(queues.ts, fail.s('no')), at(queues.go, slowAdd.s(300, 1))]
      const result = await ts.sendChord(newChord(newGroup(...members), listed.s()))
      await expect(result.get({ timeout: '10s' })).rejects.toThrow('no')
    })

    test('handles of both sides wait for chains and chords of the other', async () => {
      const steps = await go.sendChain(at(queues.ts, add.s(1, 1)), at(queues.ts, add.s(5)))
      expect(await go.get(steps, 'get chain')).toEqual([{ Type: 'int64', Value: 7 }])
      const workflow = newChord(newGroup(at(queues.go, add.s(1)), at(queues.go, add.s(2))), at(queues.go, multiply.s()))
      const result = await ts.sendChord(workflow)
      expect(await result.get({ timeout: '10s' })).toBe(2)
      const uuids = [...workflow.group.tasks, workflow.callback].map((task) => task.uuid)
      expect(await go.get(uuids, 'get chord')).toEqual([{ Type: 'int64', Value: 2 }])
    })

    test('a group from either side runs on both', async () => {
      const members = (['go', 'ts', 'go'] as const).map((side, index) => at(queues[side], add.s(index, index)))
      const result = await ts.sendGroup(newGroup(...members))
      expect(await result.get({ timeout: '10s' })).toEqual([0, 2, 4])
      const fromGo = members.map((member) => ({ ...member, uuid: uuid() }))
      const groupUuid = await go.sendGroup(...fromGo)
      await fleet().untilRun(fromGo.map((member) => member.uuid))
      for (const [index, member] of fromGo.entries()) await expectResult(member.uuid, 'int64', 2 * index)
      expect(
        await go.isGroupCompleted(
          groupUuid,
          fromGo.map((member) => member.uuid),
        ),
      ).toBe(true)
    })

    test('a worker in Go alone runs nested workflows', async () => {
      const atGo = fleet().tsServer(queues.go)
      const inChord = chord(group(chain(slowAdd.s(100, 1), add.s(1)), add.s(5)), listed.s())
      expect(await (await atGo.sendChord(inChord)).get({ timeout: '10s' })).toEqual([2, 5])
      const inChain = chain(add.s(1), group(add.s(10), chain(add.s(20), multiply.s(2))), listed.s(), sum.s())
      expect(await (await atGo.sendChain(inChain)).get({ timeout: '10s' })).toBe(53)
    })

    test('a worker in Go ends the first member of a chord before the second is sent, and goes on', async () => {
      const atGo = fleet().tsServer(queues.go)
      const members = Array.from({ length: 20 }, (_, index) => add.s(index))
      const result = await atGo.sendChord(chord(group(...members), add.s()), 1)
      expect(await result.get({ timeout: '10s' })).toBe(190)
    })

    test('of a priority, which Redis knows not and Go overlooks, a callback and a retry do not die here', async () => {
      const callback = at(queues.ts, add.s(), { uuid: uuid(), priority: 5 })
      const first = at(queues.ts, add.s(1), { uuid: uuid(), priority: 5, onSuccess: [callback] })
      await go.send(first)
      await expectResult(callback.uuid, 'int64', 1)
      const retried = at(queues.ts, fail.s('no'), { uuid: uuid(), priority: 5, retryCount: 1 })
      await go.send(retried)
      await expect(go.get([retried.uuid])).rejects.toThrow(/^no$/)
      expect(fleet().runsOf(retried.uuid)).toHaveLength(2)
    })
  })

  describe('200 chords whose two members end in Go and here at the same time', () => {
    afterEach(() => fleet().stopWorkers())

    test.each<GoClient>(['redigo', 'go-redis'])(
      'send each callback exactly once (%s)',
      { timeout: 60_000 },
      async (client) => {
        const queues = { go: newQueue(), ts: newQueue(), callbacks: newQueue() }
        const ts = fleet().tsServer(queues.ts)
        const go = await fleet().goProducer(client, queues.go)
        const callbacks: string[] = []
        const members: string[] = []
        const send = async (index: number): Promise<void> => {
          const key = `${client}-${index}`
          const both = [
            at(queues.go, meet.s(key, 2), { uuid: uuid() }),
            at(queues.ts, meet.s(key, 2), { uuid: uuid() }),
          ]
          const callback = at(queues.callbacks, listed.s(), { uuid: uuid() })
          callbacks.push(callback.uuid)
          members.push(...both.map((member) => member.uuid))
          if (index % 2 === 0) await go.sendChord(both, callback)
          else await ts.sendChord(newChord(newGroup(...both), callback))
        }
        // One after the other, so that both queues have the same order, and no member waits for one behind it.
        for (let index = 0; index < 200; index++) await send(index)
        await fleet().goWorker(client, queues.go, { concurrency: 10 })
        fleet().tsWorker(queues.ts, { concurrency: 30 })
        fleet().tsWorker(queues.callbacks)
        await fleet().goWorker(client, queues.callbacks)
        await fleet().untilRun(callbacks, 40_000)
        await until(
          async () => (await fleet().client.llen(queues.callbacks)) + (await fleet().client.llen(queues.go)) === 0,
          5_000,
          () => 'the queues are empty',
        )
        await fleet().quitWorkers()
        const times = new Map<string, number>()
        for (const run of fleet().runs) times.set(run.uuid, (times.get(run.uuid) ?? 0) + 1)
        expect([...members, ...callbacks].filter((task) => times.get(task) !== 1)).toEqual([])
        const results = await Promise.all(callbacks.map((task) => ts.asyncResult(task).get({ timeout: '5s' })))
        expect(results.every((result) => JSON.stringify(result) === '[2,2]')).toBe(true)
      },
    )
  })
})
