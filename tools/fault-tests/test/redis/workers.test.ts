import { type FailpointName, RedisRig } from '@machinery-internal/fault-tests'
import { describeWithServer } from '@machinery-internal/test-servers/vitest'
import { afterAll, beforeAll, describe, test } from 'vitest'
import { killedAgainAndAgain, killedAt, killedWhileMovingDelayed } from '../scenarios/killed-workers.js'
import {
  blockedButAllowed,
  blockedForTooLong,
  longTask,
  longTasksOnTwoWorkers,
  stoppedBeyondTheLease,
} from '../scenarios/leases.js'
import { stoppedInTime, stoppedTooLate, stoppedTwice } from '../scenarios/stopped-workers.js'

const steps: readonly FailpointName[] = [
  'fetched',
  'received',
  'started',
  'before-handler',
  'after-handler',
  'terminal',
  'pending',
  'publishing',
  'published',
  'acked',
]

describeWithServer('redis-server', 'Workers on Redis', () => {
  let rig: RedisRig
  beforeAll(async () => {
    rig = await RedisRig.start()
  })
  afterAll(() => rig[Symbol.asyncDispose]())

  test('F01: no task is lost when workers are killed again and again', () => killedAgainAndAgain(rig))

  describe.concurrent('killed at a step', () => {
    test.each(steps)('F02: a task survives its worker, killed at step %s', (step) => killedAt(rig, step))
    test('F02: delayed tasks survive a worker that is killed when they are due', () => killedWhileMovingDelayed(rig))
  })

  describe.concurrent('told to stop', () => {
    test('F03: after SIGTERM running tasks end and the process exits with 0', () => stoppedInTime(rig))
    test('F04: a task that does not fit into the drain time goes back', () => stoppedTooLate(rig))
    test('F04: a second signal gives running tasks back at once', () => stoppedTwice(rig))
  })

  describe.concurrent('holding leases', () => {
    test('F20: a task longer than the lease runs once', () => longTask(rig))
    test('F21: no long task waits while a slot is free elsewhere', () => longTasksOnTwoWorkers(rig))
    test('H04: a blocked event loop keeps its lease up to the limit', () => blockedButAllowed(rig))
    test('H04: an event loop that is blocked for too long loses its task', () => blockedForTooLong(rig))
    test('H05: a result that comes after the lease changes nothing', () => stoppedBeyondTheLease(rig))
  })
})
