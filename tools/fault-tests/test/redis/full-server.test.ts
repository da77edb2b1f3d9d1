import { describeWithServer } from '@machinery-internal/test-servers/vitest'
import { test } from 'vitest'
import { fullServerOfAll } from '../scenarios/full-server.js'
import { on, safeLease } from './rigs.js'

describeWithServer('redis-server', 'one Redis for messages and results', () => {
  test('F19: while it is full tasks are refused at once, and workers drain the queue all the same', () =>
    on(safeLease, (rig) =>
      fullServerOfAll(rig, (isFull) => rig.command('CONFIG', 'SET', 'maxmemory', isFull ? '1' : '0')),
    ))
})
