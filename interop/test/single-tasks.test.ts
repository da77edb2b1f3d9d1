import { type AsyncResult, type Server, type Signature, TaskFailedError } from '@machinery/core'
import { type GoClient, type GoProducer, type GoValue, until } from '@machinery-internal/interop'
import {
  add,
  concat,
  echoes,
  fail,
  failN,
  headers,
  later,
  none,
  pair,
  panic,
  signature,
  sum,
  two,
} from '@machinery-internal/interop/tasks'
import { beforeAll, describe, expect, test } from 'vitest'
import { describeFleet, newQueue } from './describe-fleet.js'

/** Sends one signature and waits for its result through handles of both sides. */
type Execute = (signature: Signature) => Promise<{ readonly ts: unknown; readonly go: readonly GoValue[] | string }>

describeFleet('one task', (fleet) => {
  describe.each<GoClient>(['redigo', 'go-redis'])('%s', (client) => {
    const queues = { toGo: newQueue(), toTs: newQueue() }
    let ts: Server
    let go: GoProducer

    beforeAll(async () => {
      ts = fleet().tsServer(queues.toGo)
      go = await fleet().goProducer(client, queues.toTs)
      await fleet().goWorker(client, queues.toGo)
      fleet().tsWorker(queues.toTs)
    })

    /** Both kinds of handle look at the same task, whoever ran it. */
    async function outcome(uuid: string, handle: AsyncResult): ReturnType<Execute> {
      const [tsOutcome, goOutcome] = await Promise.all([
        handle.get({ timeout: '15s' }).catch((error: unknown) => error),
        go.get([uuid]).catch((error: Error) => error.message),
      ])
      return { ts: tsOutcome, go: goOutcome }
    }

    const directions: Readonly<Record<string, Execute>> = {
      'from here to Go': async (one) => {
        const handle = await ts.sendTask(one)
        return outcome(handle.uuid, handle as AsyncResult)
      },
      'from Go to here': async (one) => {
        const [uuid = ''] = await go.send(one)
        return outcome(uuid, ts.asyncResult(uuid))
      },
    }

    describe.each(Object.keys(directions))('%s', (direction) => {
      const execute = directions[direction] as Execute
      const name = (text: string): string => `${text}-${client}-${direction}`

      test('takes any number of arguments', async () => {
        expect(await execute(add.s(1, 1))).toEqual({ ts: 2, go: [{ Type: 'int64', Value: 2 }] })
        expect(await execute(add.s())).toMatchObject({ ts: 0 })
        expect(await execute(add.s(...Array.from({ length: 100 }, () => 2)))).toMatchObject({ ts: 200 })
      })

      test('takes lists', async () => {
        expect(await execute(sum.s([1, 2, 3]))).toMatchObject({ ts: 6 })
        expect(await execute(sum.s([]))).toMatchObject({ ts: 0 })
        expect(await execute({ ...sum.s(), args: [{ type: '[]int64', value: null }] })).toMatchObject({ ts: 0 })
        expect(await execute(concat.s(['a', '', 'é']))).toMatchObject({ ts: 'aé' })
      })

      test('answers several results, one and none', async () => {
        expect(await execute(two.s())).toEqual({
          ts: [7, 'x'],
          go: [
            { Type: 'int64', Value: 7 },
            { Type: 'string', Value: 'x' },
          ],
        })
        expect(await execute(none.s())).toEqual({ ts: undefined, go: [] })
        expect(await execute(pair.s('a', 1, 'b'))).toMatchObject({ ts: 'a1b' })
      })

      test('keeps every character', async () => {
        const text = '<a&b>\u2028\u2029é\n\t"\\\u0000\u007f😀'
        const echo = echoes.get('string')
        expect(await execute((echo as NonNullable<typeof echo>).s(text as never))).toEqual({
          ts: text,
          go: [{ Type: 'string', Value: text }],
        })
      })

      test('tells the text of a failure', async () => {
        const { ts: error, go: goText } = await execute(fail.s('boom <x>'))
        expect(error).toBeInstanceOf(TaskFailedError)
        expect((error as TaskFailedError).message).toContain('boom <x>')
        expect(goText).toBe('boom <x>')
      })

      test('tells what was thrown that is no failure', async () => {
        expect(await execute(panic.s())).toMatchObject({ go: 'oops' })
      })

      test('runs again as often as it may, then sends the error callback', async () => {
        const onError = { ...pair.s(), name: 'join', uuid: name('told'), args: [{ type: 'string', value: 'own' }] }
        const failing: Signature = { ...fail.s('no'), uuid: name('failing'), retryCount: 1, onError: [onError] }
        expect(await execute(failing)).toMatchObject({ go: 'no' })
        expect(fleet().runsOf(failing.uuid)).toHaveLength(2)
        expect(await go.get([onError.uuid])).toEqual([{ Type: 'string', Value: 'no|own' }])
        const { t: first = 0 } = fleet().runsOf(failing.uuid)[0] ?? {}
        const { t: second = 0 } = fleet().runsOf(failing.uuid)[1] ?? {}
        expect(second - first).toBeGreaterThanOrEqual(1_000)
        expect(fleet().runsOf(onError.uuid)).toHaveLength(1)
      })

      test('succeeds at last', async () => {
        const flaky: Signature = { ...failN.s(name('flaky'), 1), uuid: name('flaky'), retryCount: 3 }
        expect(await execute(flaky)).toMatchObject({ ts: 'ok', go: [{ Type: 'string', Value: 'ok' }] })
        expect(fleet().runsOf(flaky.uuid)).toHaveLength(2)
      })

      test('runs again when it asks for it, without using up its retries', async () => {
        const asking: Signature = { ...later.s(name('later'), 150, 2), uuid: name('later') }
        expect(await execute(asking)).toMatchObject({ ts: 'ok' })
        const times = fleet()
          .runsOf(asking.uuid)
          .map(({ t }) => t)
        expect(times).toHaveLength(3)
        expect((times[1] ?? 0) - (times[0] ?? 0)).toBeGreaterThanOrEqual(149)
        expect((times[2] ?? 0) - (times[1] ?? 0)).toBeGreaterThanOrEqual(149)
      })

      test('gets the headers that the sender gave', async () => {
        const { ts: text } = await execute({ ...headers.s(), headers: { b: 'x', a: 'é', yes: true, no: null } })
        expect(JSON.parse(String(text))).toMatchObject({ b: 'x', a: 'é', yes: true, no: null })
      })

      test('gets the signature that was sent', async () => {
        const sent: Signature = {
          ...signature.s(),
          uuid: name('signature'),
          headers: { h: 'v' },
          immutable: true,
          retryCount: 3,
          retryTimeout: 5,
          brokerMessageGroupId: 'group',
          ignoreWhenTaskNotRegistered: true,
          onSuccess: [{ ...none.s(), uuid: name('after') }],
          onError: [{ ...none.s(), uuid: name('never') }],
        }
        const { ts: text } = await execute(sent)
        expect(JSON.parse(String(text))).toMatchObject({
          UUID: sent.uuid,
          Name: 'signature',
          RoutingKey: direction === 'from Go to here' ? queues.toTs : queues.toGo,
          ETA: null,
          GroupUUID: '',
          GroupTaskCount: 0,
          Headers: { h: 'v' },
          Priority: 0,
          Immutable: true,
          RetryCount: 3,
          RetryTimeout: 5,
          OnSuccess: [{ UUID: name('after'), Name: 'none', RoutingKey: '', Args: null }],
          OnError: [{ UUID: name('never'), Name: 'none' }],
          ChordCallback: null,
          BrokerMessageGroupId: 'group',
          SQSReceiptHandle: '',
          StopTaskDeletionOnError: false,
          IgnoreWhenTaskNotRegistered: true,
        })
        await fleet().untilRun([name('after')])
      })
    })

    test('a task whose result Go can store and nobody read is an error for the handle, not an endless wait', async () => {
      const handle = await ts.sendTask({ ...none.s(), name: 'object' })
      await expect(handle.get({ timeout: '15s' })).rejects.toThrow(
        'map[string]interface {} is not one of supported types',
      )
    })

    test('a handle of Go waits no longer than it was told for a task that nobody sent', async () => {
      await expect(go.get(['task_nobody'], 'get', 50)).rejects.toThrow('Timeout reached')
      await expect(ts.asyncResult('task_nobody').get({ timeout: 50 })).rejects.toMatchObject({
        code: 'MACHINERY_RESULT_TIMEOUT',
      })
    })

    test('what Go cannot convert fails here too, at once and with the same text', async () => {
      const bad = {
        fraction: ['echo_int64', 'int64', '1.0'],
        negative: ['echo_uint64', 'uint64', '-1'],
        nothing: ['echo_string', 'string', 'null'],
        unknown: ['echo_string', 'byte', '1'],
        map: ['echo_string', 'map[string]int', '{}'],
        untyped: ['echo_string', '', '1'],
      } as const
      const texts = async (side: 'go' | 'ts'): Promise<unknown[]> => {
        const errors: unknown[] = []
        for (const [key, [task, type, value]] of Object.entries(bad)) {
          const uuid = `${name(key)}-${side}`
          // A worker of Go that is killed may have taken what comes next.
          const queue = newQueue()
          const body = new TextEncoder().encode(
            `{"UUID":"${uuid}","Name":"${task}","RoutingKey":"${queue}","Args":[{"Type":"${type}","Value":${value}}],"RetryCount":3}`,
          )
          // Go's client of redigo spins after one such task: each has a worker of its own.
          const worker = side === 'go' ? await fleet().goWorker(client, queue) : fleet().tsWorker(queue)
          await fleet().client.rpush(queue, Buffer.from(body))
          const failed = await until(
            async () => {
              const record = await fleet().record(uuid)
              return record?.State === 'FAILURE' ? record : undefined
            },
            10_000,
            () => `${uuid} fails`,
          )
          await ('kill' in worker ? worker.kill() : worker.quit())
          // Here the pre-task handler comes before arguments are converted.
          expect(fleet().runsOf(uuid).length).toBeLessThanOrEqual(1)
          errors.push(failed.Error)
        }
        return errors
      }
      const name = (key: string): string => `bad-${client}-${key}`
      const [goTexts, tsTexts] = await Promise.all([texts('go'), texts('ts')])
      expect(goTexts).toEqual([
        'Reflect task args error: strconv.ParseInt: parsing "1.0": invalid syntax',
        'Reflect task args error: strconv.ParseUint: parsing "-1": invalid syntax',
        'Reflect task args error: <nil> is not string',
        'Reflect task args error: byte is not one of supported types',
        'Reflect task args error: map[string]int is not one of supported types',
        'Reflect task args error:  is not one of supported types',
      ])
      for (const [index, text] of goTexts.entries()) expect(tsTexts[index]).toContain(text)
    })

    test('a call that does not fit fails on both sides with the same words', async () => {
      const wrong: readonly Signature[] = [
        { ...pair.s('a'), uuid: '' },
        { ...sum.s([1]), args: [...sum.s([1]).args, ...sum.s([2]).args] },
        { ...sum.s(), args: [{ type: 'string', value: 'x' }] },
      ]
      const [execGo, execTs] = Object.values(directions) as [Execute, Execute]
      const goTexts = (await Promise.all(wrong.map(execGo))).map(({ go: text }) => text)
      const tsTexts = (await Promise.all(wrong.map(execTs))).map(({ go: text }) => String(text))
      expect(goTexts).toEqual([
        'reflect: Call with too few input arguments',
        'reflect: Call with too many input arguments',
        'reflect: Call using string as type []int64',
      ])
      for (const [index, text] of goTexts.entries()) expect(tsTexts[index]).toContain(text)
    })
  })
})
