import { decodeSignature, encodeSignature, type Signature } from '@machinery/core'
import { type GoClient, until } from '@machinery-internal/interop'
import { failN, none, now, signature } from '@machinery-internal/interop/tasks'
import { afterEach, describe, expect, test } from 'vitest'
import { at } from './at.js'
import { describeFleet, newQueue } from './describe-fleet.js'

const uuid = (): string => `task_${crypto.randomUUID()}`

function inMs(ms: number): Date {
  return new Date(Date.now() + ms)
}

/** With an ETA to the nanosecond, which a `Date` does not hold, but a decoded signature does. */
function withEta(one: Signature, text: string): Signature {
  const body = Buffer.from(encodeSignature({ ...one, eta: new Date(0) })).toString()
  return decodeSignature(Buffer.from(body.replace(/"ETA":"[^"]*"/, `"ETA":"${text}"`)))
}

describeFleet('delayed tasks', (fleet) => {
  // Any worker moves the delayed tasks of all queues.
  afterEach(() => fleet().stopWorkers())

  /** The delayed task with that UUID, as it is stored. */
  async function delayed(task: string, key = 'delayed_tasks'): Promise<string | undefined> {
    const members = await fleet().client.zrange(key, '0', '-1')
    return members.find((member) => member.includes(task))
  }

  describe.each<GoClient>(['redigo', 'go-redis'])('%s', (client) => {
    test('are stored under the same score and with the same text from both sides', async () => {
      const queue = newQueue()
      const go = await fleet().goProducer(client, queue)
      const ts = fleet().tsServer(queue)
      for (const eta of ['2030-01-02T03:04:05.678901234Z', '2030-01-02T03:04:05Z', '2030-01-02T04:04:05.12+01:00']) {
        const sent = {
          go: withEta(at(queue, none.s(), { uuid: uuid() }), eta),
          ts: withEta(at(queue, none.s(), { uuid: uuid() }), eta),
        }
        await go.send(sent.go)
        await ts.sendTask(sent.ts)
        const stored = { go: (await delayed(sent.go.uuid)) ?? '', ts: (await delayed(sent.ts.uuid)) ?? '' }
        const score = await fleet().client.zscore('delayed_tasks', stored.go)
        expect(await fleet().client.zscore('delayed_tasks', stored.ts)).toBe(score)
        if (eta === '2030-01-02T03:04:05.678901234Z') expect(BigInt(Number(score))).toBe(1893553445678901248n)
        expect(plain(stored.ts)).toBe(plain(stored.go))
        expect(stored.ts).toContain(`"ETA":"${eta}"`)
      }
      // Each reads what the other wrote.
      const listed = await go.delayed()
      expect(listed.filter(({ RoutingKey }) => RoutingKey === queue)).toHaveLength(6)
      await fleet().client.del('delayed_tasks')
    })

    test('with an ETA that has passed go to their queue at once, and keep it', async () => {
      const queue = newQueue()
      const go = await fleet().goProducer(client, queue)
      const eta = '2020-01-02T03:04:05.678901234Z'
      await go.send(withEta(at(queue, none.s()), eta))
      await fleet()
        .tsServer(queue)
        .sendTask(withEta(at(queue, none.s()), eta))
      const stored = await fleet().client.lrange(queue, 0, -1)
      expect(stored).toHaveLength(2)
      for (const body of stored) expect(body).toContain(`"ETA":"${eta}"`)
      const worker = fleet().tsWorker(queue)
      await until(
        () => worker.runs.length === 2,
        5_000,
        () => 'both run',
      )
    })

    test.each([
      ['Go alone', ['go']],
      ['this library alone', ['ts']],
      ['both', ['go', 'ts']],
    ] as const)('run once, on their queue and not before their ETA, where %s moves them', async (_name, sides) => {
      const queues = { of: newQueue(), movers: newQueue() }
      const go = await fleet().goProducer(client, queues.of)
      const ts = fleet().tsServer(queues.of)
      // The workers that run them are not the only ones that move them.
      for (const side of sides) {
        if (side === 'go') {
          await fleet().goWorker(client, queues.of)
          await fleet().goWorker(client, queues.movers)
        } else {
          fleet().tsWorker(queues.of)
          fleet().tsWorker(queues.movers)
        }
      }
      const etas = new Map<string, number>()
      for (let index = 0; index < 20; index++) {
        const eta = inMs(400 + 20 * index)
        const one: Signature = { ...none.s(), uuid: uuid(), eta }
        etas.set(one.uuid, eta.getTime())
        if (index % 2 === 0) await go.send(one)
        else await ts.sendTask(one)
      }
      await fleet().untilRun([...etas.keys()])
      for (const [task, eta] of etas) {
        const runs = fleet().runsOf(task)
        expect(runs).toHaveLength(1)
        expect(runs[0]?.t).toBeGreaterThanOrEqual(eta)
      }
    })

    test('1000 that are due at once are each taken once by both movers together, and none early', async () => {
      const queue = newQueue()
      const go = await fleet().goProducer(client, queue)
      const ts = fleet().tsServer(queue)
      const eta = inMs(2_000)
      const all = Array.from({ length: 1_000 }, () => ({ ...none.s(), uuid: uuid(), eta }) as Signature)
      await Promise.all([go.send(...all.slice(0, 500)), ts.sendTasks(all.slice(500))])
      expect(Date.now(), 'all were sent before they are due').toBeLessThan(eta.getTime())
      await fleet().goWorker(client, queue)
      await fleet().goWorker(client, queue)
      fleet().tsWorker(queue)
      await fleet().untilRun(all.map((one) => one.uuid))
      await until(
        async () => (await fleet().client.llen(queue)) === 0,
        2_000,
        () => 'the queue is empty',
      )
      await fleet().quitWorkers()
      expect(await fleet().client.zcard('delayed_tasks')).toBe(0)
      const sent = new Set(all.map((one) => one.uuid))
      const runs = fleet().runs.filter((run) => sent.has(run.uuid))
      expect(runs).toHaveLength(1_000)
      expect(Math.min(...runs.map(({ t }) => t))).toBeGreaterThanOrEqual(eta.getTime())
      expect(new Set(runs.map(({ side }) => side))).toEqual(new Set(['go', 'ts']))
    })

    test('lie under a key of their own where both sides are told so', async () => {
      const [queue, delayedTasksKey] = [newQueue(), newQueue()]
      const go = await fleet().goProducer(client, queue, { delayedTasksKey })
      const ts = fleet().tsServer(queue, { delayedTasksKey })
      const both: readonly Signature[] = [1, 2].map(() => ({ ...none.s(), uuid: uuid(), eta: inMs(300) }))
      await go.send(both[0] as Signature)
      await ts.sendTask(both[1] as Signature)
      expect(await fleet().client.zcard(delayedTasksKey)).toBe(2)
      const worker =
        client === 'redigo'
          ? fleet().tsWorker(queue, { delayedTasksKey })
          : await fleet().goWorker(client, queue, { delayedTasksKey })
      await fleet().untilRun(both.map((one) => one.uuid))
      expect(worker.runs).toHaveLength(2)
    })

    test('attempts that fail in Go and here by turns go on with the sequence of delays', {
      timeout: 60_000,
    }, async () => {
      const queue = newQueue()
      const one: Signature = { ...failN.s(uuid(), 3), uuid: uuid(), retryCount: 3, routingKey: queue }
      await (await fleet().goProducer(client, queue)).send(one)
      const sides = ['go', 'ts', 'go', 'ts'] as const
      for (const [attempt, side] of sides.entries()) {
        const worker = side === 'go' ? await fleet().goWorker(client, queue) : fleet().tsWorker(queue)
        await until(
          () => fleet().runsOf(one.uuid).length === attempt + 1,
          15_000,
          () => `attempt ${attempt + 1} begins`,
        )
        if (attempt === 3) break
        const body = await until(
          () => delayed(one.uuid),
          5_000,
          () => `attempt ${attempt + 1} is followed by another`,
        )
        expect(JSON.parse(body)).toMatchObject({ RetryCount: 2 - attempt, RetryTimeout: attempt + 1 })
        expect((await fleet().record(one.uuid))?.State).toMatch(/RETRY|PENDING/)
        // Go would take so long to end politely that it might run the next attempt as well.
        await worker.stop()
      }
      expect(await fleet().tsServer(queue).asyncResult(one.uuid).get({ timeout: '5s' })).toBe('ok')
      const runs = fleet().runsOf(one.uuid)
      expect(runs.map(({ side }) => side)).toEqual(sides)
      const delays = runs.slice(1).map(({ t }, index) => t - (runs[index]?.t ?? 0))
      for (const [index, delay] of delays.entries()) {
        expect(delay).toBeGreaterThanOrEqual((index + 1) * 1_000)
        expect(delay).toBeLessThan((index + 1) * 1_000 + 4_000)
      }
    })
  })

  test('keep their text to the byte when this library moves them', async () => {
    const [queue, movers] = [newQueue(), newQueue()]
    const go = await fleet().goProducer('redigo', queue)
    const eta = `${new Date(Date.now() + 300).toISOString().slice(0, -1)}123456Z`
    const one = withEta(at(queue, signature.s(), { uuid: uuid(), headers: { a: 'b' } }), eta)
    await go.send(one)
    const before = await delayed(one.uuid)
    expect(before).toContain(eta)
    fleet().tsWorker(movers)
    const after = await until(
      () => fleet().client.lindex(queue, '0'),
      5_000,
      () => 'it is moved',
    )
    expect(after).toBe(before)
    await fleet().goWorker('redigo', queue)
    const received = await fleet().tsServer(queue).asyncResult(one.uuid).get({ timeout: '5s' })
    expect(JSON.parse(String(received))).toMatchObject({ ETA: eta })
  })

  test('tell when they run in the same unit on both sides', async () => {
    const queues = { go: newQueue(), ts: newQueue() }
    await fleet().goWorker('redigo', queues.go)
    fleet().tsWorker(queues.ts)
    const ts = fleet().tsServer(queues.ts)
    const eta = inMs(200)
    const [inGo, here] = await Promise.all(
      [queues.go, queues.ts].map(async (queue) =>
        (await ts.sendTask(at(queue, now.s(), { eta }))).get({ timeout: '5s' }),
      ),
    )
    for (const time of [inGo, here])
      expect(BigInt(time as bigint)).toBeGreaterThanOrEqual(BigInt(eta.getTime()) * 1_000_000n)
  })
})

/** Without what differs from task to task, and what only this library sends. */
function plain(body: string): string {
  return body.replace(/task_[0-9a-f-]{36}/g, '<uuid>').replace(/"machinery-ts-[^"]*":"[^"]*",?/g, '')
}
