/** The thread that gives signs of life while the main thread is busy. See heart-thread.ts, which starts it. */
import { parentPort, workerData } from 'node:worker_threads'
import { openRedis } from '@machinery/redis-connection'
import { Beater } from './beater.js'
import type { HeartMessage, HeartThreadData } from './protocol.js'

const lastTick = new BigInt64Array((workerData as HeartThreadData).lastTick)
const beaters = new Map<number, Beater>()

parentPort?.on('message', (message: HeartMessage) => {
  switch (message.type) {
    case 'open':
      beaters.set(message.broker, new Beater(openRedis(message.connection)))
      break
    case 'start':
      beaters.get(message.broker)?.start(message.heart, lastTick)
      break
    case 'stop':
      beaters.get(message.broker)?.stop(message.key)
      break
    case 'close': {
      const beater = beaters.get(message.broker)
      beaters.delete(message.broker)
      // Without a port to listen on, the thread ends as soon as its connections are closed.
      if (beaters.size === 0) parentPort?.close()
      void beater?.close()
      break
    }
  }
})
