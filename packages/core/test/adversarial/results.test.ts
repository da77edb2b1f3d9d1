import { describe, expect, test } from 'vitest'
import { systemClock } from '../../src/adapter/index.js'
import type { Backend, Clock } from '../../src/index.js'
import { group, newSignature } from '../../src/index.js'
import { MemoryBackend, MemoryBroker } from '../../src/memory/index.js'
import { gate, launchedServer, newServer, until } from '../support.js'
import { brokerWith, pause, within } from './support.js'

/** Real time, which can be put forward and back. */
class JumpingClock implements Clock {
  offsetMs = 0
  readonly setTimer = systemClock.setTimer
  now(): number {
    return systemClock.now() + this.offsetMs
  }
}

/** A backend that pushes nothing, with hooks on reading. */
function pollingBackend(read?: (inner: MemoryBackend, uuids: readonly string[]) => ReturnType<Backend['readStates']>) {
  const inner = new MemoryBackend()
  const backend: Backend = {
    name: 'polling',
    capabilities: inner.capabilities,
    saveStates: (writes) => inner.saveStates(writes),
    readStates: (uuids) => (read === undefined ? inner.readStates(uuids) : read(inner, uuids)),
    deleteStates: (uuids) => inner.deleteStates(uuids),
    createGroup: (record, expiresInMs) => inner.createGroup(record, expiresInMs),
    readGroup: (uuid) => inner.readGroup(uuid),
    deleteGroup: (uuid) => inner.deleteGroup(uuid),
    finishMembers: (members) => inner.finishMembers(members),
    claimChord: (uuid, claim) => inner.claimChord(uuid, claim),
    markChordSent: (uuid) => inner.markChordSent(uuid),
    close: () => inner.close(),
  }
  return backend
}

describe('those who wait side by side', () => {
  test('the failure of an unrelated task does not fail a workflow that is looked at in the same round', async () => {
    const server = launchedServer()
    const door = gate()
    server.registerTasks({
      slow: async () => {
        await door.opened
        return 1
      },
      bad: () => {
        throw new Error('not part of the group')
      },
    })
    const run = await server.sendGroup(group(newSignature('slow'), newSignature('slow')))
    const bad = await server.sendTask(newSignature('bad'))
    await until(async () => (await server.getBackend().readStates([bad.uuid]))[0]?.state === 'FAILURE')
    const waiting = Promise.allSettled([run.get({ timeout: '10s' }), bad.get({ timeout: '10s' })])
    await pause(100)
    door.open()
    const [group_, failed] = await waiting
    expect(failed).toMatchObject({ status: 'rejected', reason: { message: 'not part of the group' } })
    expect(group_).toEqual({ status: 'fulfilled', value: [1, 1] })
  })
})

describe('a clock that is put back', () => {
  test('does not keep results from those who wait', async () => {
    const clock = new JumpingClock()
    const server = newServer({ clock }, new MemoryBroker({ clock }), pollingBackend())
    const door = gate()
    server.registerTask('slow', async () => {
      await door.opened
      return 'done'
    })
    void server.newWorker('w', 1).launch()
    const waiting = (await server.sendTask(newSignature('slow'))).get({ timeout: '1h' })
    waiting.catch(() => undefined)
    await pause(100)
    clock.offsetMs = -3_600_000
    door.open()
    expect(await within(waiting, 3_000)).toBe('resolved')
  })
})

describe('errors of reading', () => {
  test('one error long after an earlier one does not count as 30 s of errors', async () => {
    const clock = new JumpingClock()
    let fails = false
    let failures = 0
    const backend = pollingBackend(async (inner, uuids) => {
      if (fails) {
        failures++
        throw new Error('away')
      }
      return inner.readStates(uuids)
    })
    const server = newServer({ clock }, new MemoryBroker({ clock }), backend)
    server.registerTask('quick', () => 'done')
    const result = await server.sendTask(newSignature('quick'))
    fails = true
    await expect(result.get({ timeout: '30ms' })).rejects.toMatchObject({ code: 'MACHINERY_RESULT_TIMEOUT' })
    await pause(50)
    // A minute in which nobody waits, and the backend is well.
    clock.offsetMs = 60_000
    failures = 0
    const waiting = server.asyncResult(result.uuid).get({ timeout: '5s' })
    waiting.catch(() => undefined)
    await until(() => failures === 1)
    fails = false
    void server.newWorker('w', 1).launch()
    expect(await waiting).toBe('done')
  })

  test('an answer that lacks items is an error of the backend, not the end of the results', async () => {
    let short = 0
    const backend = pollingBackend(async (inner, uuids) => (short-- > 0 ? [] : inner.readStates(uuids)))
    const server = newServer({}, new MemoryBroker(), backend)
    server.registerTask('quick', () => 'done')
    const result = await server.sendTask(newSignature('quick'))
    short = 1
    const waiting = result.get({ timeout: '5s' })
    waiting.catch(() => undefined)
    await pause(50)
    void server.newWorker('w', 1).launch()
    expect(await waiting).toBe('done')
  })
})

describe('server.close()', () => {
  test('ends waiting that began before setBroker()', async () => {
    const server = newServer()
    const waiting = (await server.sendTask(newSignature('never'))).get()
    waiting.catch(() => undefined)
    server.setBroker(new MemoryBroker())
    await server.close()
    expect(await within(waiting, 1_000)).toBe('rejected')
  })

  test('ends waiting that began before setBackend()', async () => {
    const server = newServer()
    const waiting = (await server.sendTask(newSignature('never'))).get({ timeout: '3s' })
    waiting.catch(() => undefined)
    server.setBackend(new MemoryBackend())
    await server.close()
    expect(await within(waiting, 1_000)).toBe('rejected')
  })

  test('waiting that begins afterwards ends at once', async () => {
    const server = newServer()
    const result = await server.sendTask(newSignature('never'))
    await server.close()
    expect(await within(result.get({ timeout: '3s' }), 1_000)).toBe('rejected')
  })
})

describe('two senders of one UUID', () => {
  test('a send that the broker refuses does not delete the result of another that it took', async () => {
    const queue = new MemoryBroker()
    const states = new MemoryBackend()
    const door = gate()
    const refusing = brokerWith(
      {
        publish: async (messages) => {
          await door.opened
          return messages.map(() => ({ status: 'rejected', error: new Error('queue full') }))
        },
      },
      new MemoryBroker({ sharedWith: queue }),
    )
    const refused = newServer({}, refusing, new MemoryBackend({ sharedWith: states }))
    const taken = newServer({}, queue, states)
    let runs = 0
    taken.registerTask('once', () => ++runs)
    void taken.newWorker('w', 1).launch()
    const signature = newSignature('once')
    const first = expect(refused.sendTask(signature)).rejects.toMatchObject({ outcome: 'rejected' })
    await until(async () => (await states.readStates([signature.uuid]))[0] !== undefined)
    const result = await taken.sendTask(signature)
    await until(async () => (await result.getState())?.state === 'SUCCESS')
    door.open()
    await first
    expect(await taken.asyncResult(signature.uuid).getState()).toMatchObject({ state: 'SUCCESS' })
  })
})

describe('B08: waiting for a group of many', () => {
  test('reads a number of states that is linear in the number of members', async () => {
    const members = 4_000
    const reads = { states: 0 }
    class Counting extends MemoryBackend {
      isCounting = false
      override readStates(uuids: readonly string[]) {
        if (this.isCounting) {
          reads.states += uuids.length
        }
        return super.readStates(uuids)
      }
    }
    const backend = new Counting()
    const broker = new MemoryBroker()
    const waiter = newServer({}, broker, backend)
    const other = new MemoryBackend({ sharedWith: backend })
    const server = newServer({}, new MemoryBroker({ sharedWith: broker }), other)
    // The first members are the last to end, and the others end in small groups.
    server.registerTask('member', async (n: number) => {
      await pause(n < 8 ? 1_500 : n % 5)
      return n
    })
    const run = await waiter.sendGroup(
      group(...Array.from({ length: members }, (_, value) => newSignature('member', [{ type: 'int64', value }]))),
    )
    backend.isCounting = true
    void server.newWorker('w', 64).launch()
    const values = await run.get({ timeout: '50s' })
    expect(values).toHaveLength(members)
    expect(reads.states).toBeLessThan(20 * members)
  }, 60_000)
})
