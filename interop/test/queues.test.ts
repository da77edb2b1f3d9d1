import type { Signature } from '@machinery/core'
import { type GoClient, until } from '@machinery-internal/interop'
import { add, failN, multiply, none, sleep } from '@machinery-internal/interop/tasks'
import { afterEach, describe, expect, test } from 'vitest'
import { at } from './at.js'
import { describeFleet, newQueue } from './describe-fleet.js'

const uuid = (): string => `task_${crypto.randomUUID()}`

describeFleet('queues', (fleet) => {
  afterEach(() => fleet().stopWorkers())

  /** Counts the commands of all clients. */
  const commands = async (): Promise<number> =>
    Number(/total_commands_processed:(\d+)/.exec(await fleet().client.info('stats'))?.[1])

  describe.each<GoClient>(['redigo', 'go-redis'])('%s', (client) => {
    test('a routing key is the name of a queue, and only its workers run what lies there', async () => {
      const queues = { default: newQueue(), images: newQueue() }
      const go = await fleet().goProducer(client, queues.default)
      const ts = fleet().tsServer(queues.default)
      const [ofGo, ofTs] = [
        at(queues.images, none.s(), { uuid: uuid() }),
        at(queues.images, none.s(), { uuid: uuid() }),
      ]
      await go.send(ofGo)
      await ts.sendTask(ofTs)
      expect(await fleet().client.llen(queues.images)).toBe(2)
      const bystanders = [await fleet().goWorker(client, queues.default), fleet().tsWorker(queues.default)]
      const worker =
        client === 'redigo' ? fleet().tsWorker(queues.images) : await fleet().goWorker(client, queues.images)
      await fleet().untilRun([ofGo.uuid, ofTs.uuid])
      expect(worker.runs).toHaveLength(2)
      expect(bystanders.flatMap(({ runs }) => runs)).toEqual([])
    })

    test('what both sides send keeps its order, on workers of either', async () => {
      for (const side of ['go', 'ts'] as const) {
        const queue = newQueue()
        const go = await fleet().goProducer(client, queue)
        const ts = fleet().tsServer(queue)
        const all: readonly Signature[] = Array.from({ length: 60 }, () => ({ ...none.s(), uuid: uuid() }))
        for (const [index, one] of all.entries()) await (index % 3 === 0 ? go.send(one) : ts.sendTask(one))
        // Each reads what is pending, in the words of the other.
        expect((await go.pending(queue)).map(({ UUID }) => UUID)).toEqual(all.map((one) => one.uuid))
        const worker =
          side === 'go'
            ? await fleet().goWorker(client, queue, { concurrency: 1 })
            : fleet().tsWorker(queue, { concurrency: 1 })
        await fleet().untilRun(all.map((one) => one.uuid))
        expect(worker.runs.map((run) => run.uuid)).toEqual(all.map((one) => one.uuid))
      }
    })

    test('a queue of both fleets loses nothing and runs nothing twice', async () => {
      const queue = newQueue()
      const go = await fleet().goProducer(client, queue)
      const ts = fleet().tsServer(queue)
      const workers = [
        await fleet().goWorker(client, queue, { concurrency: 5 }),
        fleet().tsWorker(queue, { concurrency: 5 }),
        await fleet().tsWorkerProcess(queue, { concurrency: 5 }),
      ]
      const all: readonly Signature[] = Array.from({ length: 600 }, (_, index) => ({
        ...sleep.s(index % 7),
        uuid: uuid(),
      }))
      await Promise.all([go.send(...all.slice(0, 300)), ts.sendTasks(all.slice(300))])
      await fleet().untilRun(all.map((one) => one.uuid))
      await fleet().quitWorkers()
      const runs = workers.flatMap((worker) => worker.runs)
      expect(runs).toHaveLength(600)
      for (const worker of workers) expect(worker.runs.length).toBeGreaterThan(0)
      const states = await fleet().client.mget(all.map((one) => one.uuid))
      expect(states.filter((state) => JSON.parse(state ?? '{}').State !== 'SUCCESS')).toEqual([])
    })

    test('a worker of this library that is killed beside workers in Go loses nothing', async () => {
      const queue = newQueue()
      const go = await fleet().goProducer(client, queue)
      const doomed = await fleet().tsWorkerProcess(queue, { concurrency: 5, leaseMs: 1_000 })
      const inGo = await fleet().goWorker(client, queue, { concurrency: 2 })
      const all: readonly Signature[] = Array.from({ length: 150 }, () => ({ ...sleep.s(30), uuid: uuid() }))
      await go.send(...all)
      await until(
        () => doomed.runs.length >= 20,
        10_000,
        () => 'it is at work',
      )
      await doomed.kill()
      const heir = await fleet().tsWorkerProcess(queue, { concurrency: 5, leaseMs: 1_000 })
      await until(
        async () => {
          const states = await fleet().client.mget(all.map((one) => one.uuid))
          return states.every((state) => JSON.parse(state ?? '{}').State === 'SUCCESS')
        },
        15_000,
        () => 'all succeed',
      )
      await fleet().quitWorkers()
      const times = (runs: readonly { uuid: string }[], task: string): number =>
        runs.filter((run) => run.uuid === task).length
      const again = all.filter((one) => fleet().runsOf(one.uuid).length > 1)
      // Only what the killed one had begun, at most as many as it runs at once, and once more.
      expect(again.length).toBeLessThanOrEqual(5)
      for (const { uuid: task } of again) {
        expect(times(doomed.runs, task)).toBe(1)
        expect(times([...inGo.runs, ...heir.runs], task)).toBe(1)
      }
    })

    test('workers of both that know half of the tasks each run all of them between them', async () => {
      const queue = newQueue()
      const inGo = await fleet().goWorker(client, queue, { omit: ['multiply'] })
      const here = [
        fleet().tsWorker(queue, { omit: ['add'] }),
        fleet().tsWorker(queue, { omit: ['add'] }),
        await fleet().tsWorkerProcess(queue, { omit: ['add'] }),
      ]
      const go = await fleet().goProducer(client, queue)
      const all: readonly Signature[] = Array.from({ length: 60 }, (_, index) => ({
        ...(index % 2 === 0 ? add : multiply).s(index),
        uuid: uuid(),
      }))
      const before = await commands()
      // One by one, so that whoever has waited longest takes each, and then many at once.
      for (const one of all.slice(0, 20)) {
        await go.send(one)
        await new Promise((resolve) => setTimeout(resolve, 60))
      }
      await go.send(...all.slice(20))
      await fleet().untilRun(
        all.map((one) => one.uuid),
        10_000,
      )
      expect(inGo.runs.map(({ name }) => name)).toEqual(Array(30).fill('add'))
      expect(here.flatMap(({ runs }) => runs).map(({ name }) => name)).toEqual(Array(30).fill('multiply'))
      // Go gives back as fast as it can; nobody keeps the server busy for long all the same.
      expect((await commands()) - before).toBeLessThan(20_000)
    })

    test('a task that nobody knows does not keep this side busy', async () => {
      const queue = newQueue()
      fleet().tsWorker(queue)
      await (await fleet().goProducer(client, queue)).send({ ...none.s(), name: 'nobody' })
      await until(
        async () => (await fleet().client.llen(queue)) === 0,
        5_000,
        () => 'it is taken',
      )
      const before = await commands()
      await new Promise((resolve) => setTimeout(resolve, 1_000))
      expect((await commands()) - before).toBeLessThan(200)
    })

    test('what Go does not know of a message is lost in its retry, and headers stay', async () => {
      const queue = newQueue()
      const key = uuid()
      const one: Signature = {
        ...failN.s(key, 1),
        uuid: key,
        routingKey: queue,
        retryCount: 1,
        headers: { 'machinery-ts-private': 'kept', other: 'kept too' },
      }
      const ts = fleet().tsServer(queue)
      await ts.sendTask(one)
      const sent = JSON.parse((await fleet().client.lpop(queue)) ?? '')
      await fleet().client.rpush(queue, JSON.stringify({ ...sent, Foo: 1 }))
      const inGo = await fleet().goWorker(client, queue)
      const retried = await until(
        async () => (await fleet().client.zrange('delayed_tasks', '0', '-1')).find((member) => member.includes(key)),
        5_000,
        () => 'Go sends a retry',
      )
      await inGo.kill()
      const { Foo, Headers, RetryCount } = JSON.parse(retried)
      expect(Foo).toBeUndefined()
      expect(Headers).toMatchObject(one.headers ?? {})
      expect(RetryCount).toBe(0)
      // The reply address is among those headers, so that a waiter here hears of an end here.
      fleet().tsWorker(queue)
      expect(await ts.asyncResult(key).get({ timeout: '10s' })).toBe('ok')
    })
  })
})

describeFleet(
  'results on a server of their own',
  (fleet) => {
    test('tasks from Go survive that it is away while this side runs them', async () => {
      const queue = newQueue()
      const go = await fleet().goProducer('redigo', queue)
      const all: readonly Signature[] = Array.from({ length: 60 }, () => ({ ...sleep.s(40), uuid: uuid() }))
      await go.send(...all)
      const worker = fleet().tsWorker(queue, { concurrency: 2 })
      await until(
        () => worker.runs.length >= 10,
        10_000,
        () => 'it is at work',
      )
      await fleet().backend.kill('SIGKILL')
      await new Promise((resolve) => setTimeout(resolve, 2_000))
      await fleet().backend.restart()
      await fleet().untilRun(
        all.map((one) => one.uuid),
        20_000,
      )
      for (const one of all) expect(await go.get([one.uuid])).toEqual([])
      expect(worker.runs).toHaveLength(60)
    })
  },
  { hasOwnBackend: true },
)
