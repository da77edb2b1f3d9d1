// A whole worker as a process of its own, as a user would write it: see worker-config.ts for its argument.
import { Server } from '@machinery/core'
import { makeAdapters } from '../adapters.js'
import { LedgerWriter } from '../ledger.js'
import { Failpoints } from './failpoints.js'
import { registerTasks } from './tasks.js'
import { readyLine, type WorkerConfig } from './worker-config.js'

const config = JSON.parse(process.argv[2] ?? '') as WorkerConfig
const ledger = new LedgerWriter(config.ledger)
const failpoints = new Failpoints(config.failpoints, ledger)
const { broker, backend, lock } = makeAdapters(config.adapters)

// A test process that was killed leaves nobody behind who would end this one.
const parent = process.ppid
setInterval(() => process.ppid !== parent && process.kill(process.pid, 'SIGKILL'), 1_000).unref()

const server = new Server(
  { defaultQueue: config.queue },
  failpoints.broker(broker, () => process.stdout.write(`${readyLine}\n`)),
  failpoints.backend(backend),
  lock,
)
registerTasks(server, ledger, failpoints, config)

const worker = server.newWorker(config.tag, {
  concurrency: config.concurrency,
  drainTimeout: config.drainMs,
  chordLease: config.chordLeaseMs,
})
await worker.launch()
await server.close()
