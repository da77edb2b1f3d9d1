import assert from 'node:assert/strict'
import {
  type Backend,
  type CancelNotifier,
  isCancelNotifier,
  isResultNotifier,
  type ResultNotifier,
} from '@machinery/core/adapter'
import { type CaseGroup, skipUnless } from '../case.js'
import { eventually, sleep } from '../timing.js'
import { type BackendBench, hourMs, stateOf, taskUuid } from './bench.js'

export const notifyingResults: CaseGroup<BackendBench> = {
  'wakes the process that waits when another stores a result': async (bench) => {
    const waiter = resultNotifier(bench.backend)
    const heard = await listen(bench, waiter)
    const worker = await bench.openBackend()
    const [good, bad] = [taskUuid(), taskUuid()]
    const states = [stateOf(good, 'SUCCESS'), stateOf(bad, 'FAILURE')]
    const { replyAddress: replyTo } = waiter
    await bench.save(
      states.map((state) => ({ state, expiresInMs: hourMs, replyTo })),
      worker,
    )
    await eventually('both results announced', bench.timing.patienceMs, () => heard.has(good) && heard.has(bad))
    assert.equal((await bench.read(good))?.state, 'SUCCESS', 'An announced result must be there to read.')
  },

  'wakes nobody who is not addressed': async (bench) => {
    const waiter = resultNotifier(bench.backend)
    const other = resultNotifier(await bench.openBackend())
    assert.notEqual(waiter.replyAddress, other.replyAddress, 'Each process needs an address of its own.')
    const [mine, others] = [await listen(bench, waiter), await listen(bench, other)]
    const uuid = taskUuid()
    await bench.save([{ state: stateOf(uuid, 'SUCCESS'), expiresInMs: hourMs, replyTo: other.replyAddress }])
    await eventually('the result announced', bench.timing.patienceMs, () => others.has(uuid))
    assert.ok(!mine.has(uuid), 'A process heard of a result that another one waits for.')
  },

  'stops telling a listener that ended': async (bench) => {
    const waiter = resultNotifier(bench.backend)
    const heard = new Set<string>()
    const end = await bench.promptly(
      waiter.onResults((uuids) => {
        for (const uuid of uuids) heard.add(uuid)
      }),
      'onResults()',
    )
    await bench.promptly(end(), 'the end of onResults()')
    const uuid = taskUuid()
    await bench.save([{ state: stateOf(uuid, 'SUCCESS'), expiresInMs: hourMs, replyTo: waiter.replyAddress }])
    await sleep(bench.timing.quietMs)
    assert.ok(!heard.has(uuid))
  },

  'minds no address that nobody listens on': async (bench) => {
    const { replyAddress: replyTo } = resultNotifier(await bench.openBackend())
    await bench.store([stateOf(taskUuid(), 'SUCCESS')], { replyTo })
  },
}

export const notifyingCancellations: CaseGroup<BackendBench> = {
  'tells listeners of every process, until they end': async (bench) => {
    const notifier = cancelNotifier(bench.backend)
    const other = cancelNotifier(await bench.openBackend())
    const heard = [new Set<string>(), new Set<string>()]
    const ends = [
      await bench.promptly(
        notifier.onCancelled((uuid) => heard[0]?.add(uuid)),
        'onCancelled()',
      ),
      await bench.promptly(
        other.onCancelled((uuid) => heard[1]?.add(uuid)),
        'onCancelled()',
      ),
    ]
    const uuid = taskUuid()
    await bench.promptly(notifier.cancel(uuid), 'cancel()')
    await eventually('the cancellation told to all', bench.timing.patienceMs, () =>
      heard.every((each) => each.has(uuid)),
    )
    for (const end of ends) await bench.promptly(end(), 'the end of onCancelled()')
    const late = taskUuid()
    await bench.promptly(notifier.cancel(late), 'cancel()')
    await sleep(bench.timing.quietMs)
    assert.ok(
      heard.every((each) => !each.has(late)),
      'A listener that ended was told.',
    )
  },

  'minds no cancellation that nobody listens to': async (bench) => {
    await bench.promptly(cancelNotifier(bench.backend).cancel(taskUuid()), 'cancel()')
  },
}

function resultNotifier(backend: Backend): Backend & ResultNotifier {
  skipUnless(isResultNotifier(backend), 'the backend is no ResultNotifier')
  return backend
}

function cancelNotifier(backend: Backend): Backend & CancelNotifier {
  skipUnless(isCancelNotifier(backend), 'the backend is no CancelNotifier')
  return backend
}

async function listen(bench: BackendBench, notifier: ResultNotifier): Promise<Set<string>> {
  const heard = new Set<string>()
  await bench.promptly(
    notifier.onResults((uuids) => {
      for (const uuid of uuids) heard.add(uuid)
    }),
    'onResults()',
  )
  return heard
}
