import { describeWithServer } from '@machinery-internal/test-servers/vitest'
import { test } from 'vitest'
import { deletedData, fullServer, killedServer, purgedQueue, restartedServer } from '../scenarios/servers.js'
import { sharedRig } from './rigs.js'

// One after another: each does something to the one server that all would feel.
describeWithServer('rabbitmq-server', 'RabbitMQ itself', () => {
  const rig = sharedRig()

  test('F05: nothing is lost when the server is restarted', () => restartedServer(rig()))

  // It confirms what is on disk, and knows no other way of keeping data.
  test('F06: a server that is killed loses nothing', () => killedServer(rig(), 0))

  test('F12: workers register again when their queue was deleted', () =>
    deletedData(rig(), (queue) => rig().ctl('delete_queue', queue), /cancelled the consumer|no queue/))

  test('F12: workers go on when their queue was purged', () => purgedQueue(rig()))

  test('F19: a server short of memory refuses new tasks in time, and workers work off the old ones', () =>
    fullServer(rig(), (isFull) => rig().ctl('set_vm_memory_high_watermark', isFull ? '0.00001' : '0.4')))

  test('F19: a server short of disk refuses new tasks in time, and workers work off the old ones', () =>
    fullServer(rig(), (isFull) => rig().ctl('set_disk_free_limit', isFull ? '1000000GB' : '50MB')))
})
