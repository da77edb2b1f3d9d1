/** The thread that gives signs of life while the main thread is busy. See heart-thread.ts, which starts it. */
import { parentPort, workerData } from 'node:worker_threads'
import type { Beater } from './beater.js'
import type { HeartMessage, HeartThreadData } from './protocol.js'

/**
 * How long a lease has run when the client is loaded: that takes as much processor time as some thousand tasks, which begin
 * just now, and the main thread has given the first sign of life.
 */
const loadAfterLeases = 0.1

const lastTick = new BigInt64Array((workerData as HeartThreadData).lastTick)

/** What is to be done once the client is loaded. */
let waiting: HeartMessage[] | undefined = []
let loadAt = Number.POSITIVE_INFINITY
let loading: NodeJS.Timeout | undefined
let handle: (message: HeartMessage) => void = () => {}

parentPort?.on('message', (message: HeartMessage) => {
  if (waiting === undefined) handle(message)
  else if (message.type === 'close') forget(waiting, message.broker)
  else {
    waiting.push(message)
    if (message.type === 'start') loadIn(message.heart.leaseMs * loadAfterLeases)
  }
})

function forget(messages: readonly HeartMessage[], broker: number): void {
  waiting = messages.filter((message) => message.broker !== broker)
  if (waiting.length === 0) end()
}

/** Without a port to listen on, and a timer, the thread ends as soon as its connections are closed. */
function end(): void {
  clearTimeout(loading)
  parentPort?.close()
}

function loadIn(ms: number): void {
  const at = performance.now() + ms
  if (at >= loadAt) return
  clearTimeout(loading)
  loadAt = at
  loading = setTimeout(load, ms)
}

async function load(): Promise<void> {
  loadAt = Number.NEGATIVE_INFINITY
  const [{ openRedis }, { Beater }] = await Promise.all([import('@machinery/redis-connection'), import('./beater.js')])
  const beaters = new Map<number, Beater>()
  handle = (message) => {
    const { broker } = message
    if (message.type === 'open') beaters.set(broker, new Beater(openRedis(message.connection)))
    else if (message.type === 'start') beaters.get(broker)?.start(message.heart, lastTick)
    else if (message.type === 'stop') beaters.get(broker)?.stop(message.key)
    else {
      void beaters.get(broker)?.close()
      beaters.delete(broker)
      if (beaters.size === 0) end()
    }
  }
  const messages = waiting
  waiting = undefined
  messages?.forEach(handle)
}
