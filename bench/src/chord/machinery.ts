import { RedisBackend } from '@machinery/backend-redis'
import { RedisBroker } from '@machinery/broker-redis'
import { chord, defineTask, group, int, rest, Server, silentLogger } from '@machinery/core'
import { type ChordPeer, concurrency } from './peer.js'

const add = defineTask('add', { args: [int, int], result: int })
const sum = defineTask('sum', { args: [rest(int)], result: int })

export async function openMachinery(url: string): Promise<ChordPeer> {
  const config = { logger: silentLogger, noUnixSignals: true }
  const server = new Server(config, new RedisBroker({ url }), new RedisBackend({ url }))
  let running = Promise.withResolvers<number>()
  server.registerTask(add, (a, b) => a + b)
  server.registerTask(sum, (...all) => {
    const total = all.reduce((one, other) => one + other, 0)
    running.resolve(total)
    return total
  })
  const worker = server.newWorker('bench', { concurrency })
  worker.setErrorHandler((error) => running.reject(error))
  worker.launch().catch((error: unknown) => running.reject(error))
  return {
    run: async (members) => {
      running = Promise.withResolvers()
      const adding = Array.from({ length: members }, (_, index) => add.s(index, 1))
      await server.sendChord(chord(group(...adding), sum.s()))
      return await running.promise
    },
    [Symbol.asyncDispose]: () => server.close(),
  }
}
