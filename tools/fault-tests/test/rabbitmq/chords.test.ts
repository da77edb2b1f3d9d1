import type { FailpointName } from '@machinery-internal/fault-tests'
import { describeWithServer } from '@machinery-internal/test-servers/vitest'
import { describe, test } from 'vitest'
import { chordKilledAt, duplicateMembers, outOfOrder } from '../scenarios/chords.js'
import { patient, sharedRig } from './rigs.js'

/** Each with the how many-th time that belongs to the last member, or to the callback. */
const steps: readonly (readonly [FailpointName, number])[] = [
  ['fetched', 3],
  ['started', 3],
  ['after-handler', 3],
  ['terminal', 3],
  ['member-noted', 3],
  ['chord-claimed', 1],
  ['pending', 1],
  ['publishing', 1],
  ['chord-published', 1],
  ['chord-marked', 1],
  ['acked', 3],
]

// Their records are the backend's, whose troubles are tested with it; what RabbitMQ changes is who gets which message when.
describeWithServer('rabbitmq-server', 'Chords on RabbitMQ', () => {
  const rig = sharedRig(patient)

  describe.concurrent('whose worker is killed', () => {
    test.each(steps)('F02: have one effect, killed at step %s', (step, hit) => chordKilledAt(rig(), step, hit))
    test('F14: nothing goes back when messages come out of order', () => outOfOrder(rig()))
    test('B07: do not fire early when members come several times', () => duplicateMembers(rig()))
  })
})
