import { RedisBackend } from '@machinery/backend-redis'
import { RedisBroker } from '@machinery/broker-redis'
import {
  chord,
  defineTask,
  encodeSignature,
  group,
  int,
  newSignature,
  rest,
  Server,
  silentLogger,
} from '@machinery/core'
import { until } from '@machinery-internal/fault-tests'
import { redisCommand, startRedis } from '@machinery-internal/test-servers'
import { describeWithServer } from '@machinery-internal/test-servers/vitest'
import { expect, test } from 'vitest'

const leaf = defineTask('leaf', { args: [int], result: int })
const count = defineTask('count', { args: [rest(int)], result: int })
const queue = 'machinery_tasks'
const forged = { ...newSignature('leaf', [{ type: 'int64', value: 1 }]), uuid: 'task_forged', routingKey: queue }
const member = { groupTaskCount: 1, chordCallback: newSignature('count') }

describeWithServer('redis-server', 'F15: a message that names keys of another program', () => {
  test.each([
    ['as its UUID', { ...forged, uuid: 'foreign' }, 1],
    ['as its group', { ...forged, ...member, groupUuid: 'foreign' }, 0],
    ['as UUID and group', { ...forged, ...member, uuid: 'foreign', groupUuid: 'foreign' }, 1],
    ['that are one and the same', { ...forged, ...member, uuid: 'task_twice', groupUuid: 'task_twice' }, 0],
  ])(
    '%s does not keep a worker from others, and ends',
    async (_, signature, dead) => {
      await using redis = await startRedis()
      const url = `redis://127.0.0.1:${redis.port}`
      const broker = new RedisBroker({ url })
      await using server = new Server({ logger: silentLogger, noUnixSignals: true }, broker, new RedisBackend({ url }))
      server.registerTask(leaf, (n) => n)
      server.registerTask(count, (...n) => n.length)
      await redisCommand(redis.port, 'RPUSH', 'foreign', 'theirs')
      await redisCommand(redis.port, 'RPUSH', queue, Buffer.from(encodeSignature(signature)).toString())
      void server.newWorker('w', { concurrency: 10 }).launch()
      await until(
        async () => {
          const result = await server.sendChord(chord(group(leaf.s(1), leaf.s(2)), count.s()))
          expect(await result.get({ timeout: '10s' })).toBe(2)
          const { pending, inFlight } = await broker.countMessages(queue)
          return pending === 0 && inFlight === 0 && (await broker.deadMessages(queue, 9)).length === dead
        },
        30_000,
        () => 'the message has ended',
      )
      expect(await redisCommand(redis.port, 'LRANGE', 'foreign', '0', '-1')).toEqual(['theirs'])
    },
    60_000,
  )
})
