import { ConfigurationError, checkOptions, type OptionNames } from '../errors/index.js'
import type { RetryPolicy } from '../retry/index.js'
import { type Duration, toMilliseconds } from '../time/duration.js'
import type { AnyDescriptor, ArgDescriptor } from './descriptor.js'
import { showValue } from './show-value.js'

/** How a task likes to be sent and run, as given to `defineTask`. */
export interface TaskSettingsInput {
  /** When a failure is tried again. @default never */
  readonly retry?: RetryPolicy
  /** How long one run may take, more than 0; then its `signal` aborts and the run fails. @default no limit */
  readonly timeout?: Duration
  /** The queue. @default the sender's default queue */
  readonly routingKey?: string
  /** 0 to 255. Honoured by brokers that have priorities. @default 0 */
  readonly priority?: number
  /** Keep the message for the dead-letter place when the task fails. @default false */
  readonly stopTaskDeletionOnError?: boolean
  /** Drop the message where the task is not registered, instead of giving it back. @default false */
  readonly ignoreWhenTaskNotRegistered?: boolean
}

/** The same, with defaults filled in. */
export interface TaskSettings {
  readonly retry: RetryPolicy | undefined
  /** Milliseconds. */
  readonly timeoutMs: number | undefined
  readonly routingKey: string
  readonly priority: number
  readonly stopTaskDeletionOnError: boolean
  readonly ignoreWhenTaskNotRegistered: boolean
}

/** A task's contract without its types: what the worker needs of it. */
export interface TaskContract extends TaskSettings {
  readonly name: string
  readonly args: readonly ArgDescriptor[]
  readonly results: readonly AnyDescriptor[]
}

const retryNames: OptionNames<RetryPolicy> = { attempts: true, backoff: true, retryOn: true }

/** @throws TypeError or RangeError when an option is out of bounds; ConfigurationError when `retry` is no retry policy */
export function resolveTaskSettings(name: string, input: TaskSettingsInput): TaskSettings {
  const { retry, timeout, priority = 0 } = input
  if (!Number.isInteger(priority) || priority < 0 || priority > 255) {
    throw new TypeError(`Task ${name} has priority ${showValue(priority)}. Give an integer from 0 to 255.`)
  }
  if (retry !== undefined) checkRetry(name, retry)
  const timeoutMs = timeout === undefined ? undefined : toMilliseconds(timeout, `timeout of task ${name}`)
  if (timeoutMs === 0) {
    throw new RangeError(
      `timeout of task ${name} is 0, so that every run would fail at once. Leave it out for no limit.`,
    )
  }
  return {
    retry,
    timeoutMs,
    routingKey: input.routingKey ?? '',
    priority,
    stopTaskDeletionOnError: input.stopTaskDeletionOnError ?? false,
    ignoreWhenTaskNotRegistered: input.ignoreWhenTaskNotRegistered ?? false,
  }
}

function checkRetry(name: string, retry: RetryPolicy): void {
  checkOptions(`The retry of task ${name}`, retry, retryNames, "{ attempts: 3, backoff: fixed('10s') }")
  const { attempts, backoff, retryOn } = retry
  if (!(Number.isSafeInteger(attempts) && attempts >= 1)) {
    throw new TypeError(`Task ${name} retries with attempts ${showValue(attempts)}. Give a whole number of 1 or more.`)
  }
  if (typeof backoff?.delayMs !== 'function') {
    throw new ConfigurationError(
      `Task ${name} retries with backoff ${showValue(backoff)}. Give fixed('10s'), exponential('1s') or fibonacci().`,
    )
  }
  if (retryOn !== undefined && typeof retryOn !== 'function') {
    throw new ConfigurationError(
      `Task ${name} retries with retryOn ${showValue(retryOn)}. Give a function that takes the error, or leave it out.`,
    )
  }
}
