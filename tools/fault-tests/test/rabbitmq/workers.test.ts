import { describeWithServer } from '@machinery-internal/test-servers/vitest'
import { describe, test } from 'vitest'
import { killedAgainAndAgain, killedAt, killedWhileMovingDelayed, taskSteps } from '../scenarios/killed-workers.js'
import {
  blockedForTooLong,
  longerThanMayBeHeld,
  longTask,
  longTasksOnTwoWorkers,
  stoppedBeyondTheLease,
} from '../scenarios/leases.js'
import { stoppedInTime, stoppedTooLate, stoppedTwice } from '../scenarios/stopped-workers.js'
import { patient, sharedRig } from './rigs.js'

describeWithServer('rabbitmq-server', 'Workers on RabbitMQ', () => {
  const rig = sharedRig(patient)

  test('F01: no task is lost when workers are killed again and again', () => killedAgainAndAgain(rig()))
  test('F01: the same with quorum queues, which count deliveries', () =>
    killedAgainAndAgain(rig(), { queueType: 'quorum' }))

  describe.concurrent('killed at a step', () => {
    test.each(taskSteps)('F02: a task survives its worker, killed at step %s', (step) => killedAt(rig(), step))
    test('F02: delayed tasks survive a worker that is killed when they are due', () => killedWhileMovingDelayed(rig()))
  })

  describe.concurrent('told to stop', () => {
    test('F03: after SIGTERM running tasks end and the process exits with 0', () => stoppedInTime(rig()))
    test('F04: a task that does not fit into the drain time goes back', () => stoppedTooLate(rig()))
    test('F04: a second signal gives running tasks back at once', () => stoppedTwice(rig()))
  })

  // The lease of a worker is its connection, and lasts for two heartbeats. They come from the event loop, so that RabbitMQ
  // knows no blocked one that keeps its tasks (H04 within the limit).
  describe.concurrent('holding messages', () => {
    test('F20: a task longer than two heartbeats runs once', () => longTask(rig()))
    test('F21: no long task waits while a slot is free elsewhere', () => longTasksOnTwoWorkers(rig()))
    test('H04: an event loop that is blocked for too long loses its task', () => blockedForTooLong(rig()))
    test('H05: a result that comes after the connection is gone changes nothing', () => stoppedBeyondTheLease(rig()))
  })

  test('F20: a task longer than the consumer timeout runs once more, and no more than that', async () => {
    const heldMs = 1_000
    // Read by each channel when it opens. RabbitMQ looks once a minute, unless it is told otherwise. From 4.3 on it does so for
    // quorum queues only.
    const set = (timeoutMs: number, tickMs: number): Promise<string> =>
      rig().ctl(
        'eval',
        `application:set_env(rabbit, consumer_timeout, ${timeoutMs}), application:set_env(rabbit, channel_tick_interval, ${tickMs}).`,
      )
    await set(heldMs, 300)
    try {
      await longerThanMayBeHeld(rig(), heldMs, /consumer_timeout/, { queueType: 'quorum' })
    } finally {
      await set(1_800_000, 60_000)
    }
  })
})
