import assert from 'node:assert/strict'
import { type DelayStore, type DueMessage, isDelayStore, type OutgoingMessage } from '@machinery/core/adapter'
import { type Bench, type CaseGroup, skipUnless } from './case.js'
import { eventually, promptly, sleep, type Timing } from './timing.js'

/** A bench whose adapter may be a `DelayStore`. */
export interface DelayStoreBench extends Bench {
  readonly timing: Timing
  readonly adapter: object
  /** A name that no other test uses. */
  readonly queue: string
}

export const delayStoring: CaseGroup<DelayStoreBench> = {
  'hands out what is due and not what is not': async (bench) => {
    const store = storeOf(bench)
    const now = Date.now()
    await put(bench, [message(bench, 'due', now - 1_000), message(bench, 'later', now + 3_600_000)])
    assert.deepEqual(textsOf(await takeOurs(bench)), ['due'])
    await store.confirmDue(await takeOurs(bench, new Date(now + 3_700_000)))
  },

  'keeps a message as it was': async (bench) => {
    const original: OutgoingMessage = {
      ...message(bench, 'é漢🙂 "quoted"', Date.now() - 1_000),
      priority: 3,
      headers: { text: 'é', flag: true, nothing: null },
      groupId: 'group-1',
      deduplicationId: 'id-1',
    }
    await put(bench, [original])
    const [due] = await takeOurs(bench)
    assert.deepEqual(plain(due?.message), plain(original))
    await storeOf(bench).confirmDue(due ? [due] : [])
  },

  'hands out the oldest first, at most max': async (bench) => {
    const store = storeOf(bench)
    const now = Date.now()
    await put(
      bench,
      [3, 1, 2].map((age) => message(bench, `age-${age}`, now - age * 1_000)),
    )
    const one = await promptly(store.takeDue(new Date(), 1, 60_000), bench.timing.patienceMs, 'takeDue()')
    assert.ok(one.length <= 1, `takeDue() with max 1 answered ${one.length} messages.`)
    const all = [...one.filter(({ message }) => message.routingKey === bench.queue), ...(await takeOurs(bench))]
    assert.deepEqual(textsOf(all), ['age-3', 'age-2', 'age-1'])
    await store.confirmDue(all)
  },

  'hands out what was not confirmed again, after its lease and not before': async (bench) => {
    const store = storeOf(bench)
    const leaseMs = bench.timing.delayMs
    await put(bench, [message(bench, 'due', Date.now() - 1_000)])
    const start = Date.now()
    assert.deepEqual(textsOf(await takeOurs(bench, new Date(start), leaseMs)), ['due'])
    const again = await eventually('a message whose lease passed', leaseMs + bench.timing.patienceMs, async () => {
      const due = await takeOurs(bench)
      return due.length > 0 && due
    })
    assert.ok(Date.now() >= start + leaseMs, `It came again after ${Date.now() - start} of ${leaseMs} ms.`)
    await store.confirmDue(again)
  },

  'forgets what was confirmed': async (bench) => {
    const store = storeOf(bench)
    const leaseMs = bench.timing.delayMs
    await put(bench, [message(bench, 'due', Date.now() - 1_000)])
    const due = await takeOurs(bench, new Date(), leaseMs)
    assert.deepEqual(textsOf(due), ['due'])
    await promptly(store.confirmDue(due), bench.timing.patienceMs, 'confirmDue()')
    await sleep(leaseMs + bench.timing.quietMs)
    assert.deepEqual(textsOf(await takeOurs(bench)), [])
  },

  'hands out no message twice to those who take at once': async (bench) => {
    const store = storeOf(bench)
    await put(
      bench,
      Array.from({ length: 40 }, (_, index) => message(bench, `${index}`, Date.now() - 1_000)),
    )
    const takes = await Promise.all(Array.from({ length: 8 }, () => takeOurs(bench)))
    const due = takes.flat()
    assert.equal(due.length, 40)
    assert.equal(new Set(textsOf(due)).size, 40)
    await store.confirmDue(due)
  },
}

function storeOf(bench: DelayStoreBench): DelayStore {
  skipUnless(isDelayStore(bench.adapter), 'it is no DelayStore')
  return bench.adapter
}

function message(bench: DelayStoreBench, text: string, dueAt: number): OutgoingMessage {
  return { routingKey: bench.queue, body: new TextEncoder().encode(text), deliverAt: new Date(dueAt) }
}

async function put(bench: DelayStoreBench, messages: readonly OutgoingMessage[]): Promise<void> {
  const answers = await promptly(storeOf(bench).storeDelayed(messages), bench.timing.patienceMs, 'storeDelayed()')
  assert.deepEqual(
    answers.map((each) => each.status),
    messages.map(() => 'ok'),
  )
}

/** Other tests of the same server may have left messages: only ours count. */
async function takeOurs(bench: DelayStoreBench, now = new Date(), leaseMs = 60_000): Promise<readonly DueMessage[]> {
  const due = await promptly(storeOf(bench).takeDue(now, 1_000, leaseMs), bench.timing.patienceMs, 'takeDue()')
  return due.filter(({ message }) => message.routingKey === bench.queue)
}

function textsOf(due: readonly DueMessage[]): string[] {
  return due.map(({ message }) => new TextDecoder().decode(message.body))
}

function plain(message: OutgoingMessage | undefined): object {
  return { ...message, body: [...(message?.body ?? [])], deliverAt: message?.deliverAt?.getTime() }
}
