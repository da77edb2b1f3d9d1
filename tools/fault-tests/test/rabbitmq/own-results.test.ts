import { describeWithServer } from '@machinery-internal/test-servers/vitest'
import { describe, test } from 'vitest'
import { chordKilledAt } from '../scenarios/chords.js'
import { killedAgainAndAgain, killedAt } from '../scenarios/killed-workers.js'
import { patient, sharedRig } from './rigs.js'

// Results in queues can be read once, by one reader, so that workers cannot see what has ended: the price is runs that
// another backend spares. For the same reason a worker that dies when a chord's callback is with the broker, and nobody has
// noted that, leaves it to be sent twice, with the same UUID: that step is not here.
describeWithServer('rabbitmq-server', 'Workers with results on RabbitMQ', () => {
  const rig = sharedRig({ ...patient, results: 'rabbitmq' })

  test('F01: no task is lost when workers are killed again and again', () => killedAgainAndAgain(rig()))

  describe.concurrent('killed at a step', () => {
    test('F02: a task survives its worker, killed after its handler', () => killedAt(rig(), 'after-handler'))
    test('F02: a task survives its worker, killed when its end is stored', () => killedAt(rig(), 'terminal'))
    test('F02: a chord has one effect, killed when its callback is about to be sent', () =>
      chordKilledAt(rig(), 'pending', 1))
    test('F02: a chord has one effect, killed when its callback is claimed', () =>
      chordKilledAt(rig(), 'chord-claimed', 1))
  })
})
