import type { Signature } from '@machinery/core'
import { Fleet, until } from '@machinery-internal/interop'
import { failN, none } from '@machinery-internal/interop/tasks'
import { startRabbitMq, type TestRabbitMq } from '@machinery-internal/test-servers'
import { describeWithServer } from '@machinery-internal/test-servers/vitest'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { at } from './at.js'
import { newQueue } from './describe-fleet.js'
import { RawAmqp } from './raw-amqp.js'

const sides = ['go', 'ts'] as const
type Side = (typeof sides)[number]

describeWithServer('go', 'what both sides declare on RabbitMQ', (program) => {
  describeWithServer('redis-server', 'with results in Redis', () => {
    describeWithServer('rabbitmq-server', 'on a server each', () => {
      let server: TestRabbitMq
      const fleets = new Map<Side, Fleet>()
      const raw = new Map<Side, RawAmqp>()
      const fleetOf = (side: Side): Fleet => fleets.get(side) as Fleet
      const rawOf = (side: Side): RawAmqp => raw.get(side) as RawAmqp

      // A virtual host is a server of its own to those who use it.
      beforeAll(async () => {
        server = await startRabbitMq()
        for (const side of sides) {
          await server.ctl('add_vhost', side)
          await server.ctl('set_permissions', '-p', side, 'guest', '.*', '.*', '.*')
          fleets.set(side, await Fleet.open(program, { amqp: `${server.url}/${side}` }))
          raw.set(side, new RawAmqp(`${server.url}/${side}`))
        }
      }, 90_000)
      afterEach(() => Promise.all([...fleets.values()].map((fleet) => fleet.stopWorkers())))
      afterAll(async () => {
        await Promise.all([...raw.values()].map((client) => client.close()))
        await Promise.all([...fleets.values()].map((fleet) => fleet[Symbol.asyncDispose]()))
        await server.stop()
      })

      interface Row {
        readonly [column: string]: unknown
      }

      async function list(side: Side, what: 'queues' | 'exchanges' | 'bindings', ...columns: string[]): Promise<Row[]> {
        const text = await server.ctl('-q', '-p', side, '--formatter', 'json', `list_${what}`, ...columns)
        return JSON.parse(text)
      }

      /** Sends one task of each kind, with no worker there. Delays of one millisecond's difference have the same name. */
      async function send(side: Side, queue: string, more: Parameters<Fleet['tsServer']>[1] = {}): Promise<void> {
        const kinds = [none.s(), at('images', none.s()), none.s()]
        const eta = new Date(Date.now() + 3_600_000)
        const signatures = kinds.map((one, index): Signature => (index === 2 ? { ...one, eta } : one))
        if (side === 'go') {
          const go = await fleetOf(side).goProducer('redigo', queue, more)
          await go.send(...signatures)
        } else {
          const amqp = { ...more.amqp, delays: 'go' } as const
          await fleetOf(side)
            .tsServer(queue, { ...more, amqp })
            .sendTasks(signatures)
        }
      }

      const queueColumns = ['name', 'durable', 'auto_delete', 'arguments', 'messages_ready']
      const bindingColumns = ['source_name', 'destination_name', 'routing_key', 'arguments']
      /** Sorted, without the default exchange's bindings, delays, and how wide an integer was written: it makes no difference. */
      const masked = (rows: readonly Row[]): string[] =>
        rows
          .filter(({ source_name }) => source_name !== '')
          .map((row) => JSON.stringify({ ...row, arguments: sortedValues(row.arguments) }))
          .map((row) => row.replace(/delay\.\d+\./g, 'delay.<ms>.').replace(/\b(?:35|36|71|72)\d{5}\b/g, '<ms>'))
          .sort()

      test('is the same, where the binding key is the name of the queue, less the binding of delay queues', async () => {
        for (const side of sides) await send(side, 'tasks')
        const exchanges = ['name', 'type', 'durable', 'auto_delete', 'internal', 'arguments']
        expect(masked(await list('ts', 'exchanges', ...exchanges))).toEqual(
          masked(await list('go', 'exchanges', ...exchanges)),
        )
        const queues = {
          go: await list('go', 'queues', ...queueColumns),
          ts: await list('ts', 'queues', ...queueColumns),
        }
        expect(masked(queues.go)).toHaveLength(3)
        expect(masked(queues.ts)).toEqual(masked(queues.go))
        const bindings = {
          go: await list('go', 'bindings', ...bindingColumns),
          ts: await list('ts', 'bindings', ...bindingColumns),
        }
        const ofDelays = masked(bindings.go).filter((row) => row.includes('delay.'))
        expect(ofDelays).toHaveLength(1)
        expect(masked(bindings.ts)).toEqual(masked(bindings.go).filter((row) => !row.includes('delay.')))

        // What Go declares here it declares there too, and the other way round: nobody is refused.
        for (const side of sides) {
          const fleet = fleetOf(side)
          await fleet.goWorker('redigo', 'tasks')
          await fleet.goWorker('redigo', 'images')
          fleet.tsWorker('tasks')
          fleet.tsWorker('images')
          await send(side === 'go' ? 'ts' : 'go', 'tasks')
          await (await fleet.goProducer('redigo', 'tasks')).send({ ...none.s(), uuid: `task_last_${side}` })
          await fleet.untilRun([`task_last_${side}`])
        }
      })

      test("the messages have Go's properties and Go's words, of immediate and of delayed tasks", async () => {
        const queue = newQueue()
        const found = new Map<Side, Record<string, unknown>[]>()
        const eta = new Date(Date.now() + 86_400_000)
        const amqp = { queueDeclareArgs: { 'x-max-priority': 10 } }
        for (const side of sides) {
          const one: Signature = {
            ...failN.s('key', 1),
            uuid: 'task_same',
            headers: { a: 'b', c: true, d: null },
            priority: 3,
          }
          const later = { ...one, eta }
          if (side === 'go') await (await fleetOf(side).goProducer('redigo', queue, { amqp })).send(one, later)
          else
            await fleetOf(side)
              .tsServer(queue, { amqp: { ...amqp, delays: 'go' } })
              .sendTasks([one, later])
          const delays = (await list(side, 'queues', 'name'))
            .map(({ name }) => String(name))
            .filter((name) => name.startsWith('delay.') && name.endsWith(queue))
          expect(delays).toHaveLength(1)
          const messages = [await rawOf(side).take(queue), await rawOf(side).take(delays[0] as string)]
          found.set(
            side,
            messages.map((message) => {
              const { headers, ...properties } = message?.properties ?? { headers: undefined }
              const mine = Object.entries(headers ?? {}).filter(([name]) => !name.startsWith('machinery-ts-'))
              const body = JSON.parse(message?.content.toString() ?? '')
              for (const name of Object.keys(body.Headers))
                if (name.startsWith('machinery-ts-')) delete body.Headers[name]
              return { ...properties, headers: Object.fromEntries(mine), body }
            }),
          )
        }
        const [go, ts] = [found.get('go'), found.get('ts')]
        expect(ts?.[0]).toEqual(go?.[0])
        expect(go?.[0]).toMatchObject({ contentType: 'application/json', deliveryMode: 2, priority: 3 })
        // Go forgets the priority of delayed tasks.
        expect(ts?.[1]).toEqual({ ...go?.[1], priority: 3 })
        expect(go?.[1]?.priority).toBeUndefined()
      })

      describe('with the names of the defaults, of which the binding key lacks an s,', () => {
        const settings = (queue: string) => ({ amqp: { bindingKey: queue.slice(0, -1) } })

        test('is one queue here and a second one in Go, and each task runs once', async () => {
          const queue = `${newQueue()}s`
          const key = queue.slice(0, -1)
          const fleet = fleetOf('ts')
          const ts = fleet.tsServer(queue, settings(queue))
          const early = await ts.sendTask(none.s())
          expect(await rawOf('ts').count(queue)).toBe(1)
          expect(await rawOf('ts').count(key)).toBeUndefined()
          const go = await fleet.goProducer('redigo', queue, settings(queue))
          const [ofGo = ''] = await go.send({ ...none.s(), uuid: `task_${queue}` })
          expect(await rawOf('ts').count(queue)).toBe(2)
          // Go's second queue, which nobody reads.
          expect(await rawOf('ts').count(key)).toBe(1)
          await fleet.goWorker('redigo', queue, settings(queue))
          fleet.tsWorker(queue, settings(queue))
          const late = await ts.sendTask(none.s())
          await fleet.untilRun([early.uuid, ofGo, late.uuid])
          for (const handle of [early, late]) await handle.get({ timeout: '10s' })
          for (const uuid of [early.uuid, ofGo, late.uuid]) expect(fleet.runsOf(uuid)).toHaveLength(1)
          expect(await rawOf('ts').count(queue)).toBe(0)
        })

        test('a worker of another queue gets no copies of default tasks, until one in Go reads that queue too', async () => {
          const [queue, images] = [`${newQueue()}s`, newQueue()]
          const fleet = fleetOf('ts')
          const go = await fleet.goProducer('redigo', queue, settings(queue))
          const ts = fleet.tsServer(queue, settings(queue))
          const custom = fleet.tsWorker(queue, { ...settings(queue), reads: images })
          const ofDefault = fleet.tsWorker(queue, settings(queue))
          // What Go sends before there is a worker is in its second queue only.
          await until(
            async () => [await rawOf('ts').count(queue), await rawOf('ts').count(images)].every((count) => count === 0),
            5_000,
            () => 'both workers read',
          )
          const sent = [
            ...(await go.send(
              { ...none.s(), uuid: `task_go_${queue}` },
              at(images, none.s(), { uuid: `task_goi_${queue}` }),
            )),
            (await ts.sendTask(none.s())).uuid,
            (await ts.sendTask(at(images, none.s()))).uuid,
          ]
          await fleet.untilRun(sent)
          expect(custom.runs.map(({ uuid }) => uuid).sort()).toEqual([sent[1], sent[3]].sort())
          expect(ofDefault.runs.map(({ uuid }) => uuid).sort()).toEqual([sent[0], sent[2]].sort())
          expect(await rawOf('ts').count(images)).toBe(0)
        })
      })
    })
  })
})

function sortedValues(args: unknown): unknown {
  return (args as readonly (readonly unknown[])[]).map(([name, , value]) => [name, value]).sort()
}
