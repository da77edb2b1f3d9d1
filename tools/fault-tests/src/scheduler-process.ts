// A program that registers one periodic task, as a process of its own: see scheduler-config.ts for its argument.
import { type Lock, type Logger, newSignature, Server } from '@machinery/core'
import { RedisLock } from '@machinery/lock-redis'
import { makeAdapters } from './adapters.js'
import { SchedulerClock } from './scheduler-clock.js'
import { periodicName, type SchedulerConfig, type SchedulerLine } from './scheduler-config.js'

const config = JSON.parse(process.argv[2] ?? '') as SchedulerConfig
const { commandTimeoutMs } = config.adapters
const clock = new SchedulerClock(config.time)
const { broker, backend } = makeAdapters(config.adapters)
const lock = faulty(new RedisLock({ url: config.lockUrl, commandTimeoutMs, clock }))

// A test process that was killed leaves nobody behind who would end this one.
const parent = process.ppid
setInterval(() => process.ppid !== parent && process.kill(process.pid, 'SIGKILL'), 1_000).unref()

const log =
  (level: string): Logger['info'] =>
  (message, fields) =>
    void tell({ event: 'log', level, message, ...fields })
const logger: Logger = { debug: log('debug'), info: log('info'), warn: log('warn'), error: log('error') }

const server = new Server(
  { defaultQueue: config.queue, clock, logger, programName: config.queue },
  broker,
  backend,
  lock,
)
const { spec, timeZone, catchUpMs } = config.periodic
await server.registerPeriodicTask(spec, periodicName, newSignature(periodicName), {
  ...(timeZone !== undefined && { timeZone }),
  ...(catchUpMs !== undefined && { catchUp: catchUpMs }),
})
process.on('message', (message: { readonly offsetMs: number }) => {
  clock.offsetMs = message.offsetMs
})
process.once('SIGTERM', () => {
  process.disconnect()
  void server.close()
})
void tell({ event: 'ready' })

/** Resolves when it has left the process. */
function tell(line: SchedulerLine): Promise<void> {
  return new Promise((resolve) => {
    process.stdout.write(`${JSON.stringify(line)}\n`, () => resolve())
  })
}

/** `inner`, after which the process dies or stands still once it has got a tick: see `SchedulerConfig.fault`. */
function faulty(inner: Lock): Lock {
  let { fault } = config
  return {
    name: inner.name,
    acquire: async (key, options) => {
      const isTaken = await inner.acquire(key, options)
      // The lock of one tick; the other one is that of Machinery.
      if (!isTaken || !/@[^@]*T[^@]*Z$/.test(key) || fault === undefined) return isTaken
      const signal = fault === 'kill' ? 'SIGKILL' : 'SIGSTOP'
      fault = undefined
      await tell({ event: 'fault', tick: key.slice(key.lastIndexOf('@') + 1) })
      process.kill(process.pid, signal)
      // Not one statement more before the signal arrives.
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 50)
      return isTaken
    },
    close: () => inner.close(),
  }
}
