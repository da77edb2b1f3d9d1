import { describeWithServer } from '@machinery-internal/test-servers/vitest'
import { test } from 'vitest'
import { cancelledTasks, cancelledWorkflow } from '../scenarios/cancelling.js'
import { safeLease, sharedRig } from './rigs.js'

describeWithServer('redis-server', 'Cancelling on Redis', () => {
  const rig = sharedRig(safeLease)

  test('a cancelled task does not start; one that runs is told, and so is who waits', () => cancelledTasks(rig()))
  test('of a cancelled workflow nothing starts any more, what runs is told, and so is who waits', () =>
    cancelledWorkflow(rig()))
})
