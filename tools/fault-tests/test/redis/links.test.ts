import { RedisRig, type RedisRigOptions } from '@machinery-internal/fault-tests'
import { describeWithServer } from '@machinery-internal/test-servers/vitest'
import { describe, test } from 'vitest'
import {
  cutConnections,
  droppedIdle,
  frozenLink,
  lostPublishReply,
  lostWorkerReply,
  slowServer,
  stalledServer,
} from '../scenarios/links.js'

/** Workers come back within 7 s after an outage, so that no server is met by all at once: less than their lease. */
const longLease = { leaseMs: 10_000 }

async function on(options: RedisRigOptions, scenario: (rig: RedisRig) => Promise<void>): Promise<void> {
  await using rig = await RedisRig.start(options)
  await scenario(rig)
}

describeWithServer('redis-server', 'Links to Redis', () => {
  describe.concurrent('fail', () => {
    test('F07: nothing is lost when all connections are cut', () => on(longLease, (rig) => cutConnections(rig, 1, 0)))
    test('F07: nothing is lost when all connections are cut again and again', () =>
      on(longLease, (rig) => cutConnections(rig, 10, 300)))
    test('F08: a dead link is noticed, and what it swallowed comes again', () => on({}, frozenLink))
    test('F09: a lost reply to a publish leaves one message, and says so', () => on({}, lostPublishReply))
    test('F09: a lost reply to a fetch loses no message', () =>
      on({}, (rig) => lostWorkerReply(rig, 'fetch', 'broker')))
    test('F09: a lost reply to a waiting fetch loses no message', () =>
      on({}, (rig) => lostWorkerReply(rig, 'wait', 'broker')))
    test('F09: a lost reply to an acknowledgement runs no task again', () =>
      on({}, (rig) => lostWorkerReply(rig, 'ack', 'broker')))
    test('B03: a lost reply to a stored result runs no task again', () =>
      on({}, (rig) => lostWorkerReply(rig, 'saveStates', 'backend')))
    test('F10: a slow server is no reason to take tasks over', () => on({}, (rig) => slowServer(rig, 20)))
    test('F10: a very slow server is no reason to take tasks over', () => on({}, (rig) => slowServer(rig, 200)))
    test('F10: a server that stalls is no reason to take tasks over', () => on(longLease, stalledServer))
    test('F23: after idle connections were dropped the first task runs in time', () =>
      on({}, (rig) => droppedIdle(rig, () => rig.command('CLIENT', 'KILL', 'TYPE', 'normal'))))
  })
})
