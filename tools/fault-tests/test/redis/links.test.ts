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
import { on, outageLease, safeLease, shortLease } from './rigs.js'

describeWithServer('redis-server', 'Links to Redis', () => {
  describe.concurrent('fail', () => {
    test('F07: nothing is lost when all connections are cut', () => on(outageLease, (rig) => cutConnections(rig, 1, 0)))
    test('F07: nothing is lost when all connections are cut again and again', () =>
      on(outageLease, (rig) => cutConnections(rig, 10, 300)))
    test('F08: a dead link is noticed, and what it swallowed comes again', () => on(shortLease, frozenLink))
    test('F09: a lost reply to a publish leaves one message, and says so', () => on(safeLease, lostPublishReply))
    test('F09: a lost reply to a fetch loses no message', () =>
      on(safeLease, (rig) => lostWorkerReply(rig, 'fetch', 'broker')))
    test('F09: a lost reply to a waiting fetch loses no message', () =>
      on(safeLease, (rig) => lostWorkerReply(rig, 'wait', 'broker')))
    test('F09: a lost reply to an acknowledgement runs no task again', () =>
      on(safeLease, (rig) => lostWorkerReply(rig, 'ack', 'broker')))
    test('B03: a lost reply to a stored result runs no task again', () =>
      on(safeLease, (rig) => lostWorkerReply(rig, 'saveStates', 'backend')))
    test('F10: a slow server is no reason to take tasks over', () => on(safeLease, (rig) => slowServer(rig, 20)))
    test('F10: a very slow server is no reason to take tasks over', () => on(safeLease, (rig) => slowServer(rig, 200)))
    test('F10: a server that stalls is no reason to take tasks over', () => on(outageLease, stalledServer))
    test('F23: after idle connections were dropped the first task runs in time', () => on(safeLease, droppedIdle))
  })
})
