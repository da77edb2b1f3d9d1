import { describeWithServer } from '@machinery-internal/test-servers/vitest'
import { describe, test } from 'vitest'
import { killedAgainAndAgain, killedAt, killedWhileMovingDelayed, taskSteps } from '../scenarios/killed-workers.js'
import {
  blockedButAllowed,
  blockedForTooLong,
  longTask,
  longTasksOnTwoWorkers,
  stoppedBeyondTheLease,
} from '../scenarios/leases.js'
import { stoppedInTime, stoppedTooLate, stoppedTwice } from '../scenarios/stopped-workers.js'
import { safeLease, sharedRig, shortLease } from './rigs.js'

describeWithServer('redis-server', 'Workers on Redis', () => {
  const dying = sharedRig(shortLease)
  const living = sharedRig(safeLease)

  test('F01: no task is lost when workers are killed again and again', () => killedAgainAndAgain(dying()))

  describe.concurrent('killed at a step', () => {
    test.each(taskSteps)('F02: a task survives its worker, killed at step %s', (step) => killedAt(dying(), step))
    test('F02: delayed tasks survive a worker that is killed when they are due', () =>
      killedWhileMovingDelayed(dying()))
  })

  describe.concurrent('told to stop', () => {
    test('F03: after SIGTERM running tasks end and the process exits with 0', () => stoppedInTime(living()))
    test('F04: a task that does not fit into the drain time goes back', () => stoppedTooLate(living()))
    test('F04: a second signal gives running tasks back at once', () => stoppedTwice(living()))
  })

  describe.concurrent('holding leases', () => {
    test('F20: a task longer than the lease runs once', () => longTask(living()))
    test('F21: no long task waits while a slot is free elsewhere', () => longTasksOnTwoWorkers(living()))
    test('H04: a blocked event loop keeps its lease up to the limit', () => blockedButAllowed(living()))
    test('H04: an event loop that is blocked for too long loses its task', () => blockedForTooLong(dying()))
    test('H05: a result that comes after the lease changes nothing', () => stoppedBeyondTheLease(dying()))
  })
})
