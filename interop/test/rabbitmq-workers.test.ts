import type { Signature } from '@machinery/core'
import { until } from '@machinery-internal/interop'
import { add, failN, headers, multiply, none, signature, sleep } from '@machinery-internal/interop/tasks'
import { freePort } from '@machinery-internal/test-servers'
import { describeWithServer } from '@machinery-internal/test-servers/vitest'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { describeFleet, newQueue } from './describe-fleet.js'
import { RawAmqp } from './raw-amqp.js'

const uuid = (): string => `task_${crypto.randomUUID()}`
const sides = ['go', 'ts'] as const

describeWithServer('rabbitmq', 'workers on RabbitMQ', (amqp) => {
  let raw: RawAmqp
  beforeAll(() => {
    raw = new RawAmqp(amqp)
  })
  afterAll(() => raw.close())

  describeFleet(
    'with results in Redis',
    (fleet) => {
      afterEach(() => fleet().stopWorkers())

      async function untilSuccess(all: readonly Signature[], ms = 15_000): Promise<void> {
        await until(
          async () => {
            const states = await fleet().client.mget(all.map((one) => one.uuid))
            return states.every((state) => JSON.parse(state ?? '{}').State === 'SUCCESS')
          },
          ms,
          () => 'all succeed',
        )
      }

      describe.each(sides)('run by %s', (side) => {
        /** A worker of that side, which reads in order. */
        async function startWorker(queue: string, settings: Parameters<ReturnType<typeof fleet>['tsWorker']>[1] = {}) {
          const alone = { concurrency: 1, ...settings }
          return side === 'go' ? fleet().goWorker('redigo', queue, alone) : fleet().tsWorker(queue, alone)
        }

        test('tasks of a higher priority go first, whoever sent them', async () => {
          const queue = newQueue()
          const settings = { amqp: { queueDeclareArgs: { 'x-max-priority': 10 } } }
          const go = await fleet().goProducer('redigo', queue, settings)
          const ts = fleet().tsServer(queue, settings)
          const low: readonly Signature[] = Array.from({ length: 4 }, () => ({ ...none.s(), uuid: uuid() }))
          const high: readonly Signature[] = [5, 9, 5, 9].map((priority) => ({ ...none.s(), uuid: uuid(), priority }))
          await go.send(...low.slice(0, 2))
          await ts.sendTasks(low.slice(2))
          await go.send(...high.slice(0, 2))
          await ts.sendTasks(high.slice(2))
          const worker = await startWorker(queue, settings)
          await fleet().untilRun([...low, ...high].map((one) => one.uuid))
          const order = [high[1], high[3], high[0], high[2], ...low].map((one) => one?.uuid)
          expect(worker.runs.map((run) => run.uuid)).toEqual(order)
        })

        test('delayed tasks come unchanged and once, where both use a queue for each delay', async () => {
          const queue = newQueue()
          const settings = { amqp: { delays: 'go' } } as const
          const go = await fleet().goProducer('redigo', queue)
          const ts = fleet().tsServer(queue, settings)
          await ts.sendTask(none.s())
          await go.send(none.s())
          const eta = new Date(Date.now() + 2_000)
          const all: readonly Signature[] = Array.from({ length: 60 }, () => ({ ...signature.s(), uuid: uuid(), eta }))
          // Many of both are for the same millisecond, so that each side declares queues of the other.
          await Promise.all([
            ...all.slice(0, 30).map((one) => go.send(one)),
            (async () => {
              for (const one of all.slice(30)) await ts.sendTask(one)
            })(),
          ])
          expect(Date.now(), 'all were sent before they are due').toBeLessThan(eta.getTime())
          await startWorker(queue, { concurrency: 10 })
          await untilSuccess(all)
          for (const one of all) {
            const runs = fleet().runsOf(one.uuid)
            expect(runs).toHaveLength(1)
            expect(runs[0]?.t).toBeGreaterThanOrEqual(eta.getTime() - 1)
          }
          for (const one of [all[0], all[59]]) {
            const text = await ts.asyncResult(one?.uuid ?? '').get({ timeout: '5s' })
            expect(JSON.parse(String(text))).toMatchObject({ UUID: one?.uuid, Name: 'signature', RoutingKey: queue })
            expect(Date.parse(JSON.parse(String(text)).ETA)).toBe(eta.getTime())
          }
        })

        test('delayed tasks of one queue for all delays, which both use', async () => {
          const queue = newQueue()
          const settings = { amqp: { delayedQueue: `delayed-${queue}` } }
          const go = await fleet().goProducer('redigo', queue, settings)
          const ts = fleet().tsServer(queue, settings)
          const eta = new Date(Date.now() + 800)
          const all: readonly Signature[] = Array.from({ length: 4 }, () => ({ ...none.s(), uuid: uuid(), eta }))
          await go.send(all[0] as Signature)
          await ts.sendTask(all[1] as Signature)
          await go.send(all[2] as Signature)
          await ts.sendTask(all[3] as Signature)
          expect(await raw.count(`delayed-${queue}`)).toBe(4)
          await startWorker(queue, settings)
          await fleet().untilRun(all.map((one) => one.uuid))
          for (const one of all) expect(fleet().runsOf(one.uuid)).toHaveLength(1)
          expect(Math.min(...all.map((one) => fleet().runsOf(one.uuid)[0]?.t ?? 0))).toBeGreaterThanOrEqual(
            eta.getTime() - 1,
          )
        })

        test('what nobody knows and asks to be ignored then is dropped, whoever sent it', async () => {
          const queue = newQueue()
          await startWorker(queue)
          const go = await fleet().goProducer('redigo', queue)
          const ts = fleet().tsServer(queue)
          const unknown = { ...none.s(), name: 'nobody', ignoreWhenTaskNotRegistered: true }
          await go.send({ ...unknown, uuid: uuid() })
          await ts.sendTask({ ...unknown, uuid: uuid() })
          const last = await ts.sendTask(none.s())
          await last.get({ timeout: '10s' })
          await until(
            async () => (await raw.count(queue)) === 0,
            5_000,
            () => 'the queue is empty',
          )
          await fleet().quitWorkers()
          expect(await raw.count(queue)).toBe(0)
          expect(await raw.count(`${queue}.ts.dead`)).toBeUndefined()
        })
      })

      test('tasks that Go does not know, and gives back as fast as it can, are run here', async () => {
        const queue = newQueue()
        const all = Array.from({ length: 10 }, (_, index): Signature => ({ ...multiply.s(index), uuid: uuid() }))
        const inGo = await fleet().goWorker('redigo', queue, { omit: ['multiply'] })
        await (await fleet().goProducer('redigo', queue)).send(...all)
        const here = fleet().tsWorker(queue, { omit: ['add'] })
        await untilSuccess(all)
        expect(inGo.runs).toEqual([])
        expect(here.runs).toHaveLength(10)
      })

      test('tasks that nobody here knows are given back for a second at first, and run by Go', async () => {
        const queue = newQueue()
        const all = Array.from(
          { length: 20 },
          (_, index): Signature => ({ ...(index % 2 === 0 ? add : multiply).s(index), uuid: uuid() }),
        )
        await (await fleet().goProducer('redigo', queue)).send(...all)
        const here = fleet().tsWorker(queue, { omit: ['multiply'] })
        await until(
          () => here.runs.length === 10,
          10_000,
          () => 'it runs its half',
        )
        await here.quit()
        const inGo = await fleet().goWorker('redigo', queue, { omit: ['add'] })
        await untilSuccess(all)
        expect(here.runs.map(({ name }) => name)).toEqual(Array(10).fill('add'))
        expect(inGo.runs.map(({ name }) => name)).toEqual(Array(10).fill('multiply'))
      })

      test('a task that nobody knows is held back here, and is not on its way all the time', async () => {
        const queue = newQueue()
        fleet().tsWorker(queue)
        await (await fleet().goProducer('redigo', queue)).send({ ...none.s(), name: 'nobody', uuid: uuid() })
        const rung = `ts.delay.1000..${queue}`
        await until(
          async () => (await raw.count(rung)) === 1,
          5_000,
          () => 'it waits on the ladder',
        )
        expect(await raw.count(queue)).toBe(0)
        expect(fleet().runs.some(({ name }) => name === 'nobody')).toBe(false)
      })

      test('what a worker of this library held when it was killed is run again by either side, and nothing else is', async () => {
        const queue = newQueue()
        const go = await fleet().goProducer('redigo', queue)
        const doomed = await fleet().tsWorkerProcess(queue, { concurrency: 4 })
        const inGo = await fleet().goWorker('redigo', queue, { concurrency: 2 })
        const all: readonly Signature[] = Array.from({ length: 120 }, () => ({ ...sleep.s(25), uuid: uuid() }))
        await go.send(...all)
        await until(
          () => doomed.runs.length >= 20,
          10_000,
          () => 'it is at work',
        )
        await doomed.kill()
        const heir = fleet().tsWorker(queue, { concurrency: 4 })
        await untilSuccess(all)
        await fleet().quitWorkers()
        const again = all.filter((one) => fleet().runsOf(one.uuid).length > 1)
        expect(again.length).toBeLessThanOrEqual(4)
        for (const { uuid: task } of again) {
          expect(doomed.runs.filter((run) => run.uuid === task)).toHaveLength(1)
          expect([...inGo.runs, ...heir.runs].filter((run) => run.uuid === task)).toHaveLength(1)
        }
      })

      test('a message that comes again after its task has succeeded is not run again here', async () => {
        const queue = newQueue()
        const one: Signature = { ...none.s(), uuid: uuid() }
        const go = await fleet().goProducer('redigo', queue)
        const worker = fleet().tsWorker(queue)
        await go.send(one)
        await untilSuccess([one])
        const body = Buffer.from(JSON.stringify({ UUID: one.uuid, Name: 'none', RoutingKey: queue, Args: [] }))
        const last: Signature = { ...none.s(), uuid: uuid() }
        await raw.on(async (channel) => void channel.publish('machinery_exchange', queue, body, { persistent: true }))
        await go.send(last)
        await untilSuccess([last])
        await fleet().quitWorkers()
        expect(await raw.count(queue)).toBe(0)
        expect(worker.runs.map((run) => run.uuid)).toEqual([one.uuid, last.uuid])
      })

      test('headers of text survive a retry in Go, and others are refused here before they break one', async () => {
        const queue = newQueue()
        const ts = fleet().tsServer(queue)
        for (const value of [1, { nested: 'no' }, 2n] as never[]) {
          await expect(ts.sendTask({ ...headers.s(), headers: { n: value } })).rejects.toThrow('headers["n"]')
        }
        expect(await raw.count(queue)).toBeUndefined()
        const key = uuid()
        await ts.sendTask({ ...failN.s(key, 1), uuid: key, retryCount: 1, headers: { text: 'é', flag: false } })
        const inGo = await fleet().goWorker('redigo', queue)
        await until(
          () => inGo.runs.length === 1,
          10_000,
          () => 'Go fails it once',
        )
        await until(
          async () => JSON.parse((await fleet().client.get(key)) ?? '{}').State === 'PENDING',
          5_000,
          () => 'it is sent again',
        )
        await new Promise((resolve) => setTimeout(resolve, 300))
        await inGo.kill()
        const retried = await until(
          () => raw.take(queue),
          10_000,
          () => 'the retry is due',
        )
        expect(JSON.parse(retried.content.toString())).toMatchObject({
          UUID: key,
          RetryCount: 0,
          Headers: { text: 'é', flag: false },
        })
        expect(retried.properties.headers).toMatchObject({ text: 'é', flag: false })
      })
    },
    { amqp },
  )

  describe('several servers, of which the first one is away', () => {
    let away: number
    beforeAll(async () => {
      away = await freePort()
    })
    describeFleet(
      'are tried in order by both sides',
      (fleet) => {
        test('so that tasks go both ways', async () => {
          const queues = { go: newQueue(), ts: newQueue() }
          await fleet().goWorker('redigo', queues.go)
          fleet().tsWorker(queues.ts)
          const toGo = await fleet().tsServer(queues.go).sendTask(add.s(1, 2))
          const [toTs = ''] = await (await fleet().goProducer('redigo', queues.ts)).send({
            ...add.s(3, 4),
            uuid: uuid(),
          })
          expect(await toGo.get({ timeout: '10s' })).toBe(3)
          expect(await fleet().tsServer(queues.ts).asyncResult(toTs).get({ timeout: '10s' })).toBe(7)
        })
      },
      {
        get amqp() {
          return `amqp://guest:guest@127.0.0.1:${away},${amqp}`
        },
      },
    )
  })
})
