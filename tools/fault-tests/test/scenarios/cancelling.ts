import { chain, chord, group, isMachineryError } from '@machinery/core'
import { Bench, type Rig, signatureOf } from '@machinery-internal/fault-tests'
import { expect } from 'vitest'

/** For as long as no test waits, in milliseconds. */
const endless = 120_000

/** One task that runs, one that waits behind it, and one that is delayed: cancelled from another process. */
export async function cancelledTasks(rig: Rig): Promise<void> {
  await using bench = await Bench.open(rig, 'cancelled tasks')
  const { producer } = bench
  await bench.worker({ concurrency: 1 })
  const told = signatureOf('note')
  producer.expect(told.uuid)
  const running = { ...signatureOf('slow', endless), onError: [told], retryCount: 3 }
  const waiting = signatureOf('quick')
  const delayed = { ...signatureOf('quick'), eta: new Date(Date.now() + 1_500) }
  for (const signature of [running, waiting, delayed]) (await producer.sendSignature(signature)).mayNotRun = true
  await bench.until('start', { uuid: running.uuid })
  // The one that runs last: its end makes room for the others.
  const uuids = [waiting, delayed, running].map(({ uuid }) => uuid)
  const ends = producer.results(uuids, 5_000)
  for (const uuid of uuids) await producer.server.asyncResult(uuid).cancel()
  for (const end of await ends) expect(isMachineryError(end, 'MACHINERY_TASK_CANCELLED'), String(end)).toBe(true)
  await bench.until('abort', { uuid: running.uuid }, 5_000)
  await bench.until('end', { uuid: told.uuid }, 5_000)
  await bench.untilSettled(5_000)
  for (const { uuid } of [waiting, delayed]) expect(bench.count('start', { uuid })).toBe(0)
  expect(bench.count('start', { uuid: running.uuid })).toBe(1)
  await producer.send('quick')
  await bench.untilDone(5_000)
  await bench.finish()
}

/** A workflow of which some tasks run, some wait in the queue and some were not sent yet: cancelled from another process. */
export async function cancelledWorkflow(rig: Rig): Promise<void> {
  await using bench = await Bench.open(rig, 'cancelled workflow')
  const { producer } = bench
  await bench.workersAtOnce(2, { concurrency: 1 })
  const members = Array.from({ length: 5 }, () => chain(signatureOf('slow', endless), signatureOf('quick')))
  const run = await producer.server.sendChord(chord(group(...members), signatureOf('collect')))
  for (const { uuid } of run.tasks()) producer.expect(uuid)
  await bench.until('start', {}, 10_000, 2)
  const status = await run.status()
  expect(status).toMatchObject({ total: 11, succeeded: 0, failed: 0 })
  const waiting = run.get({ timeout: 5_000 }).catch((error: unknown) => error)
  // As another process would: from the handle's JSON.
  await producer.server.workflowResult(JSON.parse(JSON.stringify(run))).cancel()
  const end = await waiting
  expect(isMachineryError(end, 'MACHINERY_WORKFLOW_CANCELLED'), String(end)).toBe(true)
  await bench.until('abort', {}, 5_000, 2)
  await bench.untilSettled(5_000)
  expect(bench.count('start')).toBe(2)
  expect(await run.status()).toMatchObject({ total: 11, succeeded: 0, failed: 11 })
  await bench.finish()
}
