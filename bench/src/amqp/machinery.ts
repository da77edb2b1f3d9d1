import { AmqpBroker } from '@machinery/broker-amqp'
import { defineTask, int, Server, silentLogger } from '@machinery/core'
import { NullBackend } from '@machinery/core/memory'
import type { TaskPeer } from '../tasks/task-peer.js'
import { countMessages } from './count-messages.js'

const add = defineTask('add', { args: [int, int], result: int })
const queue = 'machinery_tasks'

export async function openMachinery(url: string): Promise<TaskPeer> {
  const config = { logger: silentLogger, noUnixSignals: true, defaultQueue: queue }
  const server = new Server(config, new AmqpBroker({ url, defaultQueue: queue }), new NullBackend())
  return {
    send: async (a, b) => void (await server.sendTask(add.s(a, b))),
    sendMany: async (pairs) => void (await server.sendTasks(pairs.map(([a, b]) => add.s(a, b)))),
    work: async ({ concurrency, handler, onDone, onFailure }) => {
      server.registerTask(add, handler)
      const worker = server.newWorker('bench', { concurrency })
      worker.setErrorHandler(onFailure)
      if (onDone !== undefined) worker.setPostTaskHandler(onDone)
      worker.launch().catch(onFailure)
      return () => worker.quit()
    },
    countFinished: async (sent) => sent - (await countMessages(url, queue)),
    [Symbol.asyncDispose]: () => server.close(),
  }
}
