import { AmqpBroker } from '@machinery/broker-amqp'
import type { RabbitMqRig } from '@machinery-internal/fault-tests'
import { describeWithServer } from '@machinery-internal/test-servers/vitest'
import { describe, expect, test } from 'vitest'
import {
  deletedQueue,
  deliveredTwice,
  oversized,
  poisoned,
  unknownForAWhile,
  unknownForEver,
  unroutable,
} from '../scenarios/messages.js'
import { patient, sharedRig } from './rigs.js'

describeWithServer('rabbitmq-server', 'Messages on RabbitMQ', () => {
  const rig = sharedRig(patient)

  describe.concurrent('odd ones', () => {
    test('F13: a message that is delivered several times has one effect', () => deliveredTwice(rig()))
    test('F15: what is no signature is parked byte for byte, and good traffic goes on', () => poisoned(rig()))
    test('F16: an unknown task waits for a worker that knows it', () => unknownForAWhile(rig()))
    test('F16: a task that nobody ever knows is parked', () => unknownForEver(rig(), hastening(rig())))
    test('F17: what is too large is refused before anything is sent', () => oversized(rig()))
    test('F18: sending to a queue that is declared otherwise is refused', () =>
      unroutable(rig(), (queue) => declareOtherwise(rig(), queue)))
    test('F18: sending to a queue that is gone is refused once', () =>
      deletedQueue(rig(), (queue) => rig().ctl('delete_queue', queue)))
  })
})

/** Messages that are given back wait on the server, by its clock; of two limits of that time it takes the shorter. */
function hastening(rig: RabbitMqRig): (queue: string) => Promise<void> {
  let isSet = false
  return async (queue) => {
    if (isSet) return
    isSet = true
    const rungs = `^ts\\.delay\\..*\\.${queue}$`
    await rig.ctl('set_policy', '--apply-to', 'queues', `hasten-${queue}`, rungs, '{"message-ttl":50}')
  }
}

async function declareOtherwise(rig: RabbitMqRig, queue: string): Promise<void> {
  const broker = new AmqpBroker({ url: rig.config().brokerUrl, queueDeclareArgs: { 'x-max-length': 5 } })
  const answers = await broker.publish([{ routingKey: queue, body: Buffer.from('first') }])
  expect(answers).toEqual([{ status: 'ok' }])
  await broker.close()
}
