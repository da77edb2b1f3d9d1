import { chord, group, newChord, newGroup, type Signature } from '@machinery/core'
import { until } from '@machinery-internal/interop'
import { add, fail, listed, none, slowAdd, two } from '@machinery-internal/interop/tasks'
import { describeWithServer } from '@machinery-internal/test-servers/vitest'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { at } from './at.js'
import { describeFleet, newQueue } from './describe-fleet.js'
import { RawAmqp } from './raw-amqp.js'

const uuid = (): string => `task_${crypto.randomUUID()}`
const sides = ['go', 'ts'] as const
const hourMs = 3_600_000

describeWithServer('rabbitmq', 'results on RabbitMQ', (amqp) => {
  let raw: RawAmqp
  beforeAll(() => {
    raw = new RawAmqp(amqp)
  })
  afterAll(() => raw.close())

  describeFleet(
    'of a fleet of both',
    (fleet) => {
      afterEach(() => fleet().stopWorkers())

      async function startWorker(side: (typeof sides)[number], queue: string): Promise<void> {
        if (side === 'go') await fleet().goWorker('redigo', queue)
        else fleet().tsWorker(queue)
      }

      describe.each(sides)('of tasks that %s runs', (side) => {
        test.each(sides)('and %s sent, are a queue for each task, with every state in order', async (sender) => {
          const queue = newQueue()
          await startWorker(side, queue)
          const one: Signature = { ...none.s(), uuid: uuid() }
          if (sender === 'go') await (await fleet().goProducer('redigo', queue)).send(one)
          else await fleet().tsServer(queue).sendTask(one)
          await until(
            async () => (await raw.count(one.uuid)) === 4,
            10_000,
            () => 'all four states are stored',
          )
          await raw.on(async (channel) => {
            // As Go declares it: the server refuses other flags and arguments.
            const args = { 'x-message-ttl': hourMs, 'x-expires': hourMs }
            await channel.assertQueue(one.uuid, { durable: false, autoDelete: true, arguments: args })
          })
          const states: string[] = []
          for (let index = 0; index < 4; index++) {
            const message = await raw.take(one.uuid)
            states.push(JSON.parse(message?.content.toString() ?? '{}').State)
            expect(message?.properties).toMatchObject({ contentType: 'application/json', deliveryMode: 2 })
          }
          expect(states).toEqual(['PENDING', 'RECEIVED', 'STARTED', 'SUCCESS'])
        })

        test('are read once by either side, and their queue goes when it is read here', async () => {
          const queue = newQueue()
          await startWorker(side, queue)
          const ts = fleet().tsServer(queue)
          const go = await fleet().goProducer('redigo', queue)
          const sum = await ts.sendTask(add.s(1, 2))
          expect(await sum.get({ timeout: '10s' })).toBe(3)
          expect(await raw.count(sum.uuid)).toBeUndefined()
          expect(await (await ts.sendTask(two.s())).get({ timeout: '10s' })).toEqual([7, 'x'])
          await expect((await ts.sendTask(fail.s('boom'))).get({ timeout: '10s' })).rejects.toThrow('boom')

          const byGo: Signature = { ...add.s(3, 4), uuid: uuid() }
          await go.send(byGo)
          expect(await go.get([byGo.uuid])).toEqual([{ Type: 'int64', Value: 7 }])
          const crossed: Signature = { ...add.s(5, 6), uuid: uuid() }
          await go.send(crossed)
          expect(await ts.asyncResult(crossed.uuid).get({ timeout: '10s' })).toBe(11)
          const here = await ts.sendTask(add.s(7, 8))
          expect(await go.get([here.uuid])).toEqual([{ Type: 'int64', Value: 15 }])
        })
      })

      describe('of chords', () => {
        async function startBoth() {
          const queues = { go: newQueue(), ts: newQueue() }
          await startWorker('go', queues.go)
          await startWorker('ts', queues.ts)
          return queues
        }

        test.each(sides)('whose last member %s ends run their callback once, with all results', async (last) => {
          const queues = await startBoth()
          const members = (['go', 'ts', 'go', 'ts'] as const).map((side, index) =>
            at(queues[side], slowAdd.s(side === last && index > 1 ? 600 : 0, index)),
          )
          const callback = at(queues.ts, listed.s(), { uuid: uuid() })
          const workflow = chord(group(...members), callback)
          await fleet().tsServer(queues.ts).sendChord(workflow)
          const result = await fleet().tsServer(queues.ts).asyncResult(callback.uuid).get({ timeout: '15s' })
          expect([...(result as number[])].sort()).toEqual([0, 1, 2, 3])
          expect(fleet().runsOf(callback.uuid)).toHaveLength(1)
        })

        test('of a producer in Go, too', async () => {
          const queues = await startBoth()
          const go = await fleet().goProducer('redigo', queues.ts)
          const members = (['go', 'ts', 'go', 'ts'] as const).map((side, index) =>
            at(queues[side], slowAdd.s(index === 3 ? 600 : 0, index), { uuid: uuid() }),
          )
          const sent = await go.sendChord(members, at(queues.ts, listed.s(), { uuid: uuid() }))
          const [value] = await go.get([sent.callback])
          expect(value?.Value).toEqual(expect.arrayContaining([0, 1, 2, 3]))
          expect(fleet().runsOf(sent.callback)).toHaveLength(1)
          // This library was the last one and left the mark by which Go knows.
          expect(await raw.count(`${sent.group}_chord_triggered`)).toBe(0)
        })

        test('are left alone by a worker in Go once the mark is there', async () => {
          const queue = newQueue()
          const ts = fleet().tsServer(queue)
          const send = async (isMarked: boolean): Promise<{ members: string[]; callback: string }> => {
            const members = [1, 2].map((value): Signature => ({ ...add.s(value), uuid: uuid() }))
            const workflow = newChord(newGroup(...members), { ...listed.s(), uuid: uuid() })
            await ts.sendChord(workflow)
            const { groupUuid } = workflow.group
            if (isMarked) {
              await raw.on((channel) =>
                channel.assertQueue(`${groupUuid}_chord_triggered`, {
                  durable: true,
                  arguments: { 'x-expires': hourMs },
                }),
              )
            }
            return { members: workflow.group.tasks.map((one) => one.uuid), callback: workflow.callback.uuid }
          }
          const [marked, unmarked] = [await send(true), await send(false)]
          await fleet().goWorker('redigo', queue, { concurrency: 1 })
          await fleet().untilRun([...marked.members, ...unmarked.members, unmarked.callback])
          const last = await ts.sendTask(none.s())
          await fleet().untilRun([last.uuid])
          expect(fleet().runsOf(unmarked.callback)).toHaveLength(1)
          expect(fleet().runsOf(marked.callback)).toEqual([])
        })
      })
    },
    { amqp, amqpResults: amqp },
  )
})
