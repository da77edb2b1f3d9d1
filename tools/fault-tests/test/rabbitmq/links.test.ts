import { describeWithServer } from '@machinery-internal/test-servers/vitest'
import { describe, test } from 'vitest'
import {
  cutConnections,
  droppedIdle,
  frozenLink,
  lostPublishReply,
  lostWorkerReply,
  lostWorkerRequest,
  slowServer,
  stalledServer,
} from '../scenarios/links.js'
import { sharedRig } from './rigs.js'

describeWithServer('rabbitmq-server', 'Links to RabbitMQ', () => {
  const rig = sharedRig()

  describe.concurrent('fail', () => {
    test('F07: nothing is lost when all connections are cut', () => cutConnections(rig(), 1, 0))
    test('F07: nothing is lost when all connections are cut again and again', () => cutConnections(rig(), 10, 300))
    test('F08: a dead link is noticed, and what it swallowed comes again', () => frozenLink(rig()))
    test('F09: a lost confirmation leaves one message, and says so', () => lostPublishReply(rig()))
    test('F09: lost deliveries to a new consumer come again', () => lostWorkerReply(rig(), 'fetch', 'broker'))
    test('F09: a lost answer to a consumer that will wait keeps nobody from reading', () =>
      lostWorkerReply(rig(), 'wait', 'broker'))
    // The server answers no acknowledgement. What is lost is what it says next, and the connection.
    test('F09: a connection lost after an acknowledgement runs no task again', () =>
      lostWorkerReply(rig(), 'ack', 'broker'))
    test('F09: an acknowledgement that is lost runs no task again', () => lostWorkerRequest(rig(), 'ack', 'broker'))
    test('F10: a slow server is no reason to take tasks over', () => slowServer(rig(), 20))
    test('F10: a very slow server is no reason to take tasks over', () => slowServer(rig(), 200))
    test('F23: after idle connections were dropped the first task runs in time', () => droppedIdle(rig()))
  })

  test('F10: a server that stalls is no reason to take tasks over', () => stalledServer(rig()))
})
