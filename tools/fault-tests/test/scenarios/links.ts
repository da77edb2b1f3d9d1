import { setTimeout as delay } from 'node:timers/promises'
import { Bench, type Requests, type Rig, signatureOf, until } from '@machinery-internal/fault-tests'
import { expect } from 'vitest'
import { slackMs } from './killed-workers.js'
import { sendOn } from './servers.js'

/** F07: every connection is cut, again and again. What nobody holds over an outage runs elsewhere at once. */
export async function cutConnections(rig: Rig, cuts: number, everyMs: number): Promise<void> {
  const proxy = await rig.proxy('broker')
  const ways = { broker: proxy, ...(rig.broker === rig.backend && { backend: proxy }) }
  await using bench = await Bench.open(rig, `F07 ${cuts} cuts`, { ways })
  const concurrency = 2
  const workers = await bench.workersAtOnce(2, { ways, concurrency })
  const sending = sendOn(bench)
  await bench.until('end', {}, 10_000, 20)
  for (let cut = 0; cut < cuts; cut++) {
    proxy.cut()
    await delay(everyMs)
  }
  await sending.stop()
  await bench.producer.send('quick')
  await bench.untilDone(20_000)
  for (const { exit, output } of workers) expect(exit, output).toBeUndefined()
  await bench.finish({ unsent: true, extraRuns: rig.holdsOverOutages ? 0 : cuts * workers.length * concurrency })
}

/** Clients that lost a server spread their attempts to connect again over this time, in milliseconds. */
const longestPauseMs = 7_000

/** F08: one worker's link goes dead without a word, for longer than the lease, and heals. */
export async function frozenLink(rig: Rig): Promise<void> {
  const proxy = await rig.proxy('broker')
  const ways = { broker: proxy, ...(rig.broker === rig.backend && { backend: proxy }) }
  await using bench = await Bench.open(rig, 'F08')
  const { producer } = bench
  const first = await bench.worker({ ways })
  const { uuid: before } = await producer.send('quick')
  await producer.results([before], 5_000)
  await bench.untilSettled()
  const connections = proxy.connections
  const frozenAt = Date.now()
  proxy.freeze(true)
  // The server hands it to the one worker that waits, and the link swallows it.
  const { uuid } = await producer.send('quick')
  const [second] = await Promise.all([
    bench.worker(),
    until(() => proxy.connections > connections, rig.silenceMs + longestPauseMs, 'the dead link is noticed'),
  ])
  await bench.until('end', { uuid, pid: second.pid }, rig.silentRecoveryMs + 5_000)
  const [again] = bench.find('start', { uuid, pid: second.pid })
  expect(again!.t - Math.max(frozenAt, second.readyAt)).toBeLessThan(rig.silentRecoveryMs + slackMs)
  await producer.sendMany(10, 'quick')
  await bench.untilDone(5_000)
  // Or what has finished, and is not stored yet, runs again.
  await bench.untilSettled()
  proxy.freeze(false)
  await second.kill()
  await producer.sendMany(10, 'quick')
  await bench.until('end', { pid: first.pid }, 15_000, 5)
  await bench.untilDone(10_000)
  expect(first.exit, first.output).toBeUndefined()
  await bench.finish()
}

/** F09: a publish that reached the server, and whose answer was lost. */
export async function lostPublishReply(rig: Rig): Promise<void> {
  const proxy = await rig.proxy('broker')
  await using bench = await Bench.open(rig, 'F09 publish', { ways: { broker: proxy } })
  const { producer } = bench
  await producer.send('quick')
  const signature = signatureOf('quick')
  proxy.dropNextReply(rig.requests.publish)
  const { outcome } = await producer.sendSignature(signature)
  expect(proxy.dropped).toBe(1)
  expect(outcome).toBe('indeterminate')
  expect((await rig.inspector.countMessages(bench.queue)).pending, 'not published twice').toBe(2)
  await until(async () => (await producer.sendSignature(signature)).outcome === 'acked', 10_000, 'it is sent again')
  await bench.worker({ concurrency: 1 })
  await bench.untilDone(10_000)
  await bench.finish({ unsent: true })
}

/** F09: a worker's request that reached the server, and whose answer was lost. */
export async function lostWorkerReply(rig: Rig, request: keyof Requests, to: 'broker' | 'backend'): Promise<void> {
  const proxy = await rig.proxy(to)
  await using bench = await Bench.open(rig, `F09 ${request}`)
  const { producer } = bench
  // Consumers begin to wait where there is nothing to take.
  if (request !== 'wait') await producer.sendMany(3, 'slow', 50)
  proxy.dropNextReply(rig.requests[request])
  const worker = await bench.worker({ ways: { [to]: proxy }, concurrency: 1 })
  await producer.sendMany(3, 'slow', 50)
  await until(() => proxy.dropped === 1, 10_000, `a reply to ${request} is lost`)
  await producer.sendMany(3, 'quick')
  await bench.untilDone(20_000)
  expect(worker.exit, worker.output).toBeUndefined()
  await bench.finish()
}

/** F09: a worker's request that never reached the server. */
export async function lostWorkerRequest(rig: Rig, request: keyof Requests, to: 'broker' | 'backend'): Promise<void> {
  const proxy = await rig.proxy(to)
  await using bench = await Bench.open(rig, `F09 lost ${request}`)
  const { producer } = bench
  const worker = await bench.worker({ ways: { [to]: proxy }, concurrency: 1 })
  proxy.dropRequests(rig.requests[request])
  await producer.sendMany(3, 'slow', 50)
  await until(() => proxy.dropped > 0, 10_000, `a request to ${request} is lost`)
  proxy.dropRequests(undefined)
  await producer.sendMany(3, 'quick')
  await bench.untilDone(20_000)
  await bench.untilSettled(10_000)
  expect(worker.exit, worker.output).toBeUndefined()
  await bench.finish()
}

/** F10: a server that takes its time with everything. */
export async function slowServer(rig: Rig, delayMs: number): Promise<void> {
  const [forBroker, forBackend] = [await rig.proxy('broker'), await rig.proxy('backend')]
  const ways = { broker: forBroker, backend: forBackend }
  await using bench = await Bench.open(rig, `F10 ${delayMs} ms`, { ways })
  for (const proxy of [forBroker, forBackend]) proxy.delay(delayMs / 2)
  const workers = await bench.workersAtOnce(2, { ways, concurrency: 10 })
  // The first time takes many round trips, of which each is slow.
  await until(async () => (await bench.producer.send('quick')).outcome === 'acked', 10_000, 'a task can be sent')
  const sent = await bench.producer.sendMany(40, 'slow', Math.round(rig.leaseMs / 3))
  expect(sent.filter(({ outcome }) => outcome !== 'acked')).toEqual([])
  await bench.untilDone(20_000)
  for (const { timesConsuming, output } of workers) expect(timesConsuming, output).toBe(1)
  const counters = await bench.finish({ unsent: true })
  expect(counters.restarted).toBe(0)
}

/** F10: a server that stands still for two thirds of the lease. */
export async function stalledServer(rig: Rig): Promise<void> {
  await using bench = await Bench.open(rig, 'F10 stall')
  const workers = await bench.workersAtOnce(2)
  await bench.producer.sendMany(4, 'slow', rig.leaseMs)
  await bench.producer.sendMany(4, 'slow', 10)
  await bench.until('start', {}, 5_000, 4)
  await rig.broker.kill('SIGSTOP')
  await delay(rig.leaseMs * 0.66)
  await rig.broker.kill('SIGCONT')
  await bench.untilDone(rig.leaseMs + 15_000)
  for (const { timesConsuming, output } of workers) expect(timesConsuming, output).toBe(1)
  const counters = await bench.finish()
  expect(counters.restarted).toBe(0)
}

/** F23: connections on which nothing passed for a while are dropped on the way. Those of consumers are never idle. */
export async function droppedIdle(rig: Rig): Promise<void> {
  const idle = await Promise.all([rig.proxy('broker'), rig.proxy('backend'), rig.proxy('backend')])
  const [toBroker, toBackend, workersToBackend] = idle
  await using bench = await Bench.open(rig, 'F23', { ways: { broker: toBroker, backend: toBackend } })
  const { producer } = bench
  await bench.worker({ ways: { backend: workersToBackend } })
  const { uuid: before } = await producer.send('quick')
  await producer.results([before], 5_000)
  await delay(300)
  for (const proxy of idle) proxy.cut()
  const cutAt = Date.now()
  const sent = await until(
    () => producer.send('quick').then((one) => (one.outcome === 'acked' ? one : undefined)),
    2_000,
    'a task can be sent',
  )
  await bench.until('start', { uuid: sent.uuid })
  const [first] = bench.find('start', { uuid: sent.uuid })
  expect(first!.t - cutAt).toBeLessThan(2_000)
  await bench.finish({ unsent: true })
}
