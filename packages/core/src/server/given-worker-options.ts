import { checkOptions, type OptionNames } from '../errors/index.js'
import type { WorkerOptions } from '../worker/index.js'

const names: OptionNames<WorkerOptions> = {
  concurrency: true,
  queue: true,
  drainTimeout: true,
  maxDeliveries: true,
  chordLease: true,
}

/**
 * What `newWorker` was given, as options.
 * @throws ConfigurationError when it is neither a number nor options, or has an unknown name
 */
export function givenWorkerOptions(given: number | WorkerOptions): WorkerOptions {
  if (typeof given === 'number') return { concurrency: given }
  checkOptions('newWorker()', given, names)
  return given
}
