import { setTimeout as delay } from 'node:timers/promises'
import { decodeSignature, encodeSignature, isMachineryError, newGroup } from '@machinery/core'
import { Bench, type Rig, signatureOf, until } from '@machinery-internal/fault-tests'
import { expect } from 'vitest'

/** F13: the same message several times, together and later. */
export async function deliveredTwice(rig: Rig): Promise<void> {
  await using bench = await Bench.open(rig, 'F13')
  const { producer } = bench
  const together = signatureOf('slow', 200)
  await producer.publishRaw(together, 2, rig.inspector)
  const [first] = await bench.workersAtOnce(2)
  await bench.untilDone(10_000)
  const [result] = await producer.results([together.uuid], 5_000)
  await bench.untilSettled(5_000)
  const runs = bench.count('end', { uuid: together.uuid })
  // Later: it has ended, so it is not run again, by nobody.
  await producer.publishRaw(together, 3, rig.inspector)
  await bench.untilSettled(5_000)
  expect(bench.count('start', { uuid: together.uuid })).toBe(runs)
  expect(await producer.results([together.uuid], 5_000)).toEqual([result])
  // On one worker, not even those that come together run twice.
  const second = bench.workers.find((worker) => worker !== first)!
  second.signal('SIGTERM')
  await second.ended(second.config.drainMs + 5_000)
  const alone = signatureOf('slow', 200)
  await producer.publishRaw(alone, 3, rig.inspector)
  await bench.untilDone(10_000)
  await bench.untilSettled(5_000)
  expect(bench.count('start', { uuid: alone.uuid })).toBe(1)
  await bench.finish({ extraRuns: 1 })
}

/** F15: bodies that are no signatures, among good ones. */
export async function poisoned(rig: Rig): Promise<void> {
  await using bench = await Bench.open(rig, 'F15')
  const { producer, queue } = bench
  const worker = await bench.worker()
  const parked = poison()
  for (const body of parked) {
    const [answer] = await rig.inspector.publish([{ routingKey: queue, body }])
    expect(answer).toEqual({ status: 'ok' })
    await producer.send('quick')
  }
  // Odd, but signatures all the same.
  const odd = oddSignatures()
  for (const { body } of odd) await rig.inspector.publish([{ routingKey: queue, body }])
  for (const { uuid } of odd) producer.sent.push({ uuid, outcome: 'acked', mayNotRun: true })
  await bench.untilDone(10_000)
  await bench.untilSettled(20_000)
  const dead = await rig.inspector.deadMessages(queue, 100)
  expect(dead.map(({ body }) => digest(body)).sort()).toEqual(parked.map(digest).sort())
  for (const { reason } of dead) expect(reason).toBeTruthy()
  const ends = await producer.results(
    odd.map(({ uuid }) => uuid),
    5_000,
  )
  for (const [index, end] of ends.entries()) {
    const what = odd[index]!
    if (what.runs) expect(end, what.uuid).toBe(worker.pid)
    else expect(isMachineryError(end, 'MACHINERY_TASK_FAILED'), `${what.uuid}: ${String(end)}`).toBe(true)
  }
  expect(({} as { polluted?: unknown }).polluted).toBeUndefined()
  expect(worker.exit, worker.output).toBeUndefined()
  expect(worker.timesConsuming).toBe(1)
  await bench.finish()
}

function poison(): readonly Buffer[] {
  const whole = Buffer.from(encodeSignature(signatureOf('quick')))
  return [
    Buffer.alloc(0),
    whole.subarray(0, whole.length - 5),
    ...['null', '[]', '"text"', '17', '{"UUID":5,"Name":[]}', '{"UUID":"x","Name":"quick","Args":{}}'].map((text) =>
      Buffer.from(text),
    ),
    Buffer.from('['.repeat(100_000)),
    Buffer.from(`{"UUID":"deep","Name":"quick","Headers":${'{"a":'.repeat(100_000)}1${'}'.repeat(100_000)}}`),
    Buffer.from([0xff, 0xfe, 0x00, 0x80, 0xc3, 0x28]),
    Buffer.alloc(16 * 1024 * 1024, 'x'),
  ]
}

function oddSignatures(): readonly { readonly uuid: string; readonly body: Buffer; readonly runs: boolean }[] {
  const odd = (name: string, runs: boolean, text: string) => ({ uuid: `odd-${name}`, runs, body: Buffer.from(text) })
  return [
    odd(
      'prototype',
      true,
      '{"__proto__":{"polluted":1},"constructor":{"prototype":{"polluted":1}},"UUID":"odd-prototype","Name":"quick"}',
    ),
    odd('duplicate-keys', true, '{"UUID":"x","Name":"slow","UUID":"odd-duplicate-keys","Name":"quick"}'),
    odd('wrong-type', false, '{"UUID":"odd-wrong-type","Name":"slow","Args":[{"Type":"int64","Value":"text"}]}'),
    odd('no-type', false, '{"UUID":"odd-no-type","Name":"slow","Args":[{"Type":"nonsense","Value":1}]}'),
    odd('int64', false, '{"UUID":"odd-int64","Name":"slow","Args":[{"Type":"int64","Value":99999999999999999999999}]}'),
  ]
}

/** F16: a task that nobody here knows, and then somebody does. */
export async function unknownForAWhile(rig: Rig): Promise<void> {
  await using bench = await Bench.open(rig, 'F16 for a while')
  const { producer } = bench
  const first = await bench.worker({ omit: ['quick'] })
  const sent = await producer.send('quick')
  await producer.sendMany(10, 'slow', 5)
  const givenBack = (): number => first.output.split('is not registered here').length - 1
  await until(() => givenBack() >= 2, 8_000, 'it is given back twice')
  await delay(500)
  expect(givenBack(), 'given back at most once a second').toBeLessThanOrEqual(3)
  expect(bench.count('start', { uuid: sent.uuid })).toBe(0)
  await first.kill()
  const second = await bench.worker()
  await bench.untilDone(15_000)
  expect(bench.count('end', { uuid: sent.uuid, pid: second.pid })).toBe(1)
  await bench.finish()
}

/**
 * F16: a task that nobody ever knows.
 * @param hasten lets the time pass until messages that were given back are due
 */
export async function unknownForEver(rig: Rig, hasten: (queue: string) => Promise<unknown>): Promise<void> {
  await using bench = await Bench.open(rig, 'F16 for ever')
  const { producer, queue } = bench
  const signature = signatureOf('nobody-knows-me')
  await bench.worker()
  const sent = await producer.sendSignature(signature)
  sent.mayNotRun = true
  await until(
    async () => {
      await hasten(queue)
      return (await rig.inspector.countMessages(queue)).dead === 1
    },
    30_000,
    'it is parked',
  )
  const [dead] = await rig.inspector.deadMessages(queue, 1)
  expect(decodeSignature(dead!.body).uuid).toBe(signature.uuid)
  expect(dead!.reason).toContain('nobody-knows-me')
  const [end] = await producer.results([signature.uuid], 5_000)
  expect(isMachineryError(end, 'MACHINERY_TASK_FAILED'), String(end)).toBe(true)
  await producer.send('quick')
  await bench.untilDone(5_000)
  await bench.finish()
}

/** F17: bodies around the limit, alone and in a group. */
export async function oversized(rig: Rig): Promise<void> {
  const maxBodyBytes = 20_000
  await using bench = await Bench.open(rig, 'F17', { tuning: { maxBodyBytes } })
  const { producer, queue } = bench
  // What the producer adds (headers) is the same each time.
  await producer.send('length', '')
  const [plain] = await rig.inspector.pendingMessages(queue, 1)
  const room = maxBodyBytes - plain!.body.byteLength
  const outcomes: unknown[] = []
  for (const over of [-1, 0, 1]) outcomes.push((await producer.send('length', 'x'.repeat(room + over))).outcome)
  expect(outcomes).toEqual(['acked', 'acked', 'rejected'])
  expect(isMachineryError(producer.sent.at(-1)?.error, 'MACHINERY_UNSUPPORTED')).toBe(true)
  const stored = (): Promise<number> => rig.inspector.countMessages(queue).then(({ pending }) => pending)
  expect(await stored()).toBe(3)

  const members = [
    ...Array.from({ length: 5 }, () => signatureOf('quick')),
    signatureOf('length', 'x'.repeat(room + 1)),
  ]
  const group = newGroup(...members)
  await producer.sendWorkflow(members, () => producer.server.sendGroup(group))
  expect(producer.sent.at(-1)?.outcome).not.toBe('acked')
  expect(await stored(), 'a group of which a part does not fit is not sent at all').toBe(3)
  await bench.worker()
  await bench.untilDone(5_000)
  await bench.finish({ unsent: true })
}

/** F18: a queue that cannot take messages. */
export async function unroutable(rig: Rig, spoil: (queue: string) => Promise<unknown>): Promise<void> {
  await using bench = await Bench.open(rig, 'F18')
  const { producer } = bench
  const queue = `${bench.queue}-spoiled`
  await spoil(queue)
  const signature = { ...signatureOf('quick'), routingKey: queue }
  const sent = await producer.sendSignature(signature)
  expect(sent.outcome).toBe('rejected')
  expect(isMachineryError(sent.error, 'MACHINERY_BROKER')).toBe(true)
  expect(await producer.server.asyncResult(signature.uuid).getState(), 'nobody shall wait for it').toBeUndefined()
  await bench.worker()
  await producer.send('quick')
  await bench.untilDone(5_000)
  await bench.finish({ unsent: true })
}

/** F18: a queue that is deleted while somebody sends to it, and nobody reads it. */
export async function deletedQueue(rig: Rig, deleteQueue: (queue: string) => Promise<unknown>): Promise<void> {
  await using bench = await Bench.open(rig, 'F18 deleted')
  const { producer } = bench
  const before = await producer.send('quick')
  expect(before.outcome).toBe('acked')
  await deleteQueue(bench.queue)
  before.mayNotRun = true
  const refused = await producer.send('quick')
  expect(refused.outcome).toBe('rejected')
  expect(await producer.server.asyncResult(refused.uuid).getState(), 'nobody shall wait for it').toBeUndefined()
  expect((await producer.send('quick')).outcome).toBe('acked')
  await bench.worker()
  await bench.untilDone(5_000)
  expect(bench.count('end')).toBe(1)
  await bench.finish({ unsent: true })
}

function digest(body: Uint8Array): string {
  return `${body.byteLength} ${Buffer.from(body).subarray(0, 40).toString('latin1')} ${Buffer.from(body).subarray(-40).toString('latin1')}`
}
