// A worker of this library as a process of its own, which can be killed. Its argument is a `TsWorkerSettings` as JSON.

import type { TsWorkerSettings } from './ts-settings.js'
import { TsWorker } from './ts-worker.js'

function say(line: object): void {
  process.stdout.write(`${JSON.stringify(line)}\n`)
}

const settings = JSON.parse(process.argv[2] ?? '') as TsWorkerSettings
const worker = new TsWorker(settings, (run) => say({ event: 'run', ...run }))
process.once('SIGTERM', () => void worker.quit().then(() => process.exit(0)))
process.stdin.once('end', () => process.exit(1)).resume()
say({ event: 'ready' })
