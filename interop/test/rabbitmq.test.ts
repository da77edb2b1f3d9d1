import { chain, chord, group, newChain, newChord, newGroup, type Server, type Signature } from '@machinery/core'
import { type GoProducer, until } from '@machinery-internal/interop'
import { add, fail, failN, headers, later, listed, none, sleep, slowAdd, two } from '@machinery-internal/interop/tasks'
import { describeWithServer } from '@machinery-internal/test-servers/vitest'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { at } from './at.js'
import { describeFleet, newQueue } from './describe-fleet.js'

const uuid = (): string => `task_${crypto.randomUUID()}`

describeWithServer('rabbitmq', 'tasks over RabbitMQ', (amqp) => {
  describeFleet(
    'with results in Redis',
    (fleet) => {
      const queues = { go: newQueue(), ts: newQueue() }
      let ts: { readonly toGo: Server; readonly toTs: Server }
      let go: { readonly toGo: GoProducer; readonly toTs: GoProducer }

      // Where a server's default queue is, its binding key is: each side has one for each queue.
      beforeAll(async () => {
        ts = { toGo: fleet().tsServer(queues.go), toTs: fleet().tsServer(queues.ts) }
        go = {
          toGo: await fleet().goProducer('redigo', queues.go),
          toTs: await fleet().goProducer('redigo', queues.ts),
        }
        await fleet().goWorker('redigo', queues.go)
        fleet().tsWorker(queues.ts)
      })
      afterAll(() => fleet().stopWorkers())

      const directions: Readonly<Record<string, (one: Signature) => Promise<string>>> = {
        'from here to Go': async (one) => (await ts.toGo.sendTask(one)).uuid,
        'from Go to here': async (one) => (await go.toTs.send(one))[0] ?? '',
        'from Go to Go, beside this library': async (one) => (await go.toGo.send(one))[0] ?? '',
      }

      describe.each(Object.keys(directions))('%s', (direction) => {
        const send = directions[direction] as (one: Signature) => Promise<string>
        const result = async (one: Signature): Promise<unknown> =>
          ts.toTs.asyncResult(await send({ ...one, uuid: uuid() })).get({ timeout: '15s' })

        test('a task runs, and both sides read its result', async () => {
          const task = await send({ ...add.s(1, 1), uuid: uuid() })
          expect(await ts.toTs.asyncResult(task).get({ timeout: '15s' })).toBe(2)
          expect(await go.toGo.get([task])).toEqual([{ Type: 'int64', Value: 2 }])
          expect(await result(two.s())).toEqual([7, 'x'])
          await expect(result(fail.s('boom'))).rejects.toThrow('boom')
          expect(fleet().runsOf(task)).toHaveLength(1)
        })

        test('headers arrive', async () => {
          const text = await result({ ...headers.s(), headers: { a: 'b', c: true } })
          expect(JSON.parse(String(text))).toMatchObject({ a: 'b', c: true })
        })

        test('a delayed task runs once, and not early', async () => {
          // What Go sends is delayed for as many whole milliseconds as there are left: it is early by up to one.
          const eta = new Date(Date.now() + 600)
          const task = await send({ ...none.s(), uuid: uuid(), eta })
          await fleet().untilRun([task])
          expect(fleet().runsOf(task)[0]?.t).toBeGreaterThanOrEqual(eta.getTime() - 1)
          await ts.toTs.asyncResult(task).get({ timeout: '5s' })
          expect(fleet().runsOf(task)).toHaveLength(1)
        })

        test('retries are delayed', async () => {
          expect(await result({ ...failN.s(uuid(), 1), retryCount: 2 })).toBe('ok')
          expect(await result(later.s(uuid(), 200, 2))).toBe('ok')
        })
      })

      test('chains and chords cross over', async () => {
        const steps = [add.s(1, 1), add.s(5), add.s()].map((step, index) =>
          at(index % 2 === 0 ? queues.go : queues.ts, step),
        )
        expect(await (await ts.toTs.sendChain(newChain(...steps))).get({ timeout: '15s' })).toBe(7)
        const again = steps.map((step) => ({ ...step, uuid: uuid() }))
        expect(await go.toTs.get(await go.toTs.sendChain(...again), 'get chain')).toEqual([{ Type: 'int64', Value: 7 }])
        for (const last of ['go', 'ts'] as const) {
          const members = (['go', 'ts', 'go', 'ts'] as const).map((side, index) =>
            at(queues[side], slowAdd.s(side === last && index > 1 ? 300 : 0, index)),
          )
          const callback = at(queues[last === 'go' ? 'ts' : 'go'], listed.s())
          const workflow = newChord(newGroup(...members), callback)
          expect(await (await ts.toTs.sendChord(workflow)).get({ timeout: '15s' })).toEqual([0, 1, 2, 3])
          expect(fleet().runsOf(workflow.callback.uuid)).toHaveLength(1)
          const ofGo = await go.toTs.sendChord(
            members.map((member) => ({ ...member, uuid: uuid() })),
            { ...callback, uuid: uuid() },
          )
          expect(await go.toTs.get([ofGo.callback])).toEqual([{ Type: '[]int64', Value: [0, 1, 2, 3] }])
          expect(fleet().runsOf(ofGo.callback)).toHaveLength(1)
        }
      })

      test('a worker in Go alone runs nested workflows', async () => {
        const inChord = chord(group(chain(slowAdd.s(100, 1), add.s(1)), add.s(5)), listed.s())
        expect(await (await ts.toGo.sendChord(inChord)).get({ timeout: '15s' })).toEqual([2, 5])
      })

      test('a queue of both fleets loses nothing and runs nothing twice', async () => {
        const queue = newQueue()
        const fromHere = fleet().tsServer(queue)
        const fromGo = await fleet().goProducer('redigo', queue)
        const workers = [
          await fleet().goWorker('redigo', queue, { concurrency: 3 }),
          fleet().tsWorker(queue, { concurrency: 3 }),
        ]
        const all: readonly Signature[] = Array.from({ length: 200 }, () => ({ ...sleep.s(3), uuid: uuid() }))
        await Promise.all([fromGo.send(...all.slice(0, 100)), fromHere.sendTasks(all.slice(100))])
        await until(
          async () => {
            const states = await fleet().client.mget(all.map((one) => one.uuid))
            return states.every((state) => JSON.parse(state ?? '{}').State === 'SUCCESS')
          },
          15_000,
          () => 'all succeed',
        )
        expect(workers.flatMap(({ runs }) => runs)).toHaveLength(200)
        for (const worker of workers) expect(worker.runs.length).toBeGreaterThan(0)
      })
    },
    { amqp },
  )
})
