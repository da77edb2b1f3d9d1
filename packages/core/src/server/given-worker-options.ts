import { ConfigurationError, checkOptions, type OptionNames } from '../errors/index.js'
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
 * @throws ConfigurationError when the tag is no string, the rest is neither a number nor options, or has an unknown name
 */
export function givenWorkerOptions(consumerTag: string, given: number | WorkerOptions): WorkerOptions {
  if (typeof consumerTag !== 'string') {
    const got = consumerTag === null ? 'null' : `${typeof consumerTag === 'object' ? 'an' : 'a'} ${typeof consumerTag}`
    throw new ConfigurationError(
      `newWorker() takes the worker's name first, a string, for example newWorker('worker-1', { concurrency: 3 }); got ${got}.`,
    )
  }
  if (typeof given === 'number') return { concurrency: given }
  checkOptions('newWorker()', given, names)
  return given
}
