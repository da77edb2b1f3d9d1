import { describeWithServer } from '@machinery-internal/test-servers/vitest'
import { describe, test } from 'vitest'
import { deletedData, fullServer, killedServer, restartedServer } from '../scenarios/servers.js'
import { on, outageLease, safeLease } from './rigs.js'

describeWithServer('redis-server', 'Redis itself', () => {
  describe.concurrent('fails', () => {
    test('F05: nothing is lost when the server is restarted', () =>
      on({ ...outageLease, durability: 'always' }, restartedServer))

    test('F06: a server that writes before it answers loses nothing when it is killed', () =>
      on({ ...outageLease, durability: 'always' }, (rig) => killedServer(rig, 0)))

    test('F06: a server that writes every second loses no more than that when it is killed', () =>
      on({ ...outageLease, durability: 'everysec' }, (rig) => killedServer(rig, 2_000)))

    test('F06: workers live on when a server that keeps nothing is killed', () =>
      on(outageLease, (rig) => killedServer(rig, Number.POSITIVE_INFINITY)))

    test('F12: workers register again when all data were deleted', () =>
      on(safeLease, (rig) => deletedData(rig, () => rig.command('FLUSHALL'), /the data were deleted/)))

    test('F19: a full server refuses new tasks at once, and workers work off the old ones', () =>
      on({ ...safeLease, separateBackend: true }, (rig) =>
        fullServer(rig, (isFull) => rig.command('CONFIG', 'SET', 'maxmemory', isFull ? '1' : '0')),
      ))
  })
})
