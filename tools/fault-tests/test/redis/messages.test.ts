import { describeWithServer } from '@machinery-internal/test-servers/vitest'
import { describe, test } from 'vitest'
import { backendAway, backendAwayAndWorkerKilled } from '../scenarios/backends.js'
import {
  deliveredTwice,
  oversized,
  poisoned,
  unknownForAWhile,
  unknownForEver,
  unroutable,
} from '../scenarios/messages.js'
import { on, safeLease, sharedRig, shortLease } from './rigs.js'

describeWithServer('redis-server', 'Messages on Redis', () => {
  const rig = sharedRig({ ...safeLease, separateBackend: true })

  describe.concurrent('odd ones', () => {
    test('F13: a message that is delivered several times has one effect', () => deliveredTwice(rig()))
    test('F15: what is no signature is parked byte for byte, and good traffic goes on', () => poisoned(rig()))
    test('F16: an unknown task waits for a worker that knows it', () => unknownForAWhile(rig()))
    test('F16: a task that nobody ever knows is parked', () => unknownForEver(rig(), hasten))
    test('F17: what is too large is refused before anything is sent', () => oversized(rig()))
    test('F18: sending to a key that is no queue is refused', () =>
      unroutable(rig(), (queue) => rig().command('SET', queue, 'no list')))
  })

  describe.concurrent('whose results', () => {
    test('B01: wait while the backend is away, and are stored when it is back', () => backendAway(rig()))
    test('B02: are computed again when their worker died while the backend was away', () =>
      on({ ...shortLease, separateBackend: true }, backendAwayAndWorkerKilled))
  })

  async function hasten(queue: string): Promise<void> {
    const key = `{${queue}}:ts:delayed`
    await rig().command('EVAL', makeDue, '1', key)
  }
})

const makeDue = "for _, m in ipairs(redis.call('ZRANGE', KEYS[1], 0, -1)) do redis.call('ZADD', KEYS[1], 1, m) end"
