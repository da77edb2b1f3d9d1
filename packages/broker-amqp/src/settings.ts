import { amqpConnectionOptionNames } from '@machinery/amqp-connection'
import { ConfigurationError, checkOptions, type OptionNames } from '@machinery/core/adapter'
import type { AmqpArguments, AmqpBrokerOptions, AmqpDelays } from './options.js'

/** The options of the broker with their defaults. */
export interface Settings {
  readonly exchange: string
  readonly exchangeType: string
  readonly defaultQueue: string
  readonly bindingKey: string
  readonly queueDeclareArgs: AmqpArguments
  readonly queueBindingArgs: AmqpArguments
  readonly prefetchCount: number | undefined
  readonly autoDelete: boolean
  readonly delayedQueue: string | undefined
  readonly delays: AmqpDelays
  readonly bindGlobalKey: boolean
  readonly deadQueueSuffix: string
  readonly publishTimeoutMs: number
  readonly maxWaitingMessages: number
  readonly maxBodyBytes: number
  readonly consumerTimeoutMs: number
}

const names: OptionNames<AmqpBrokerOptions> = {
  ...amqpConnectionOptionNames,
  exchange: true,
  exchangeType: true,
  defaultQueue: true,
  bindingKey: true,
  queueDeclareArgs: true,
  queueBindingArgs: true,
  prefetchCount: true,
  autoDelete: true,
  delayedQueue: true,
  delays: true,
  bindGlobalKey: true,
  deadQueueSuffix: true,
  publishTimeoutMs: true,
  maxWaitingMessages: true,
  maxBodyBytes: true,
  consumerTimeoutMs: true,
}

/** @throws ConfigurationError where options are unknown, wrong or contradict each other */
export function resolveSettings(options: AmqpBrokerOptions): Settings {
  checkOptions('AmqpBroker', options, names)
  const settings: Settings = {
    exchange: checkName('exchange', options.exchange ?? 'machinery_exchange'),
    exchangeType: checkName('exchangeType', options.exchangeType ?? 'direct'),
    defaultQueue: checkName('defaultQueue', options.defaultQueue ?? 'machinery_tasks'),
    bindingKey: checkLength('bindingKey', options.bindingKey ?? bindingKeyOf(options)),
    queueDeclareArgs: options.queueDeclareArgs ?? {},
    queueBindingArgs: options.queueBindingArgs ?? {},
    prefetchCount:
      options.prefetchCount === undefined ? undefined : checkNumber('prefetchCount', options.prefetchCount, 0, 65_535),
    autoDelete: options.autoDelete ?? false,
    delayedQueue: options.delayedQueue === undefined ? undefined : checkName('delayedQueue', options.delayedQueue),
    delays: options.delays ?? 'ladder',
    bindGlobalKey: options.bindGlobalKey ?? false,
    deadQueueSuffix: checkName('deadQueueSuffix', options.deadQueueSuffix ?? '.ts.dead'),
    publishTimeoutMs: checkNumber('publishTimeoutMs', options.publishTimeoutMs ?? 10_000, 1, 0x7fff_ffff),
    maxWaitingMessages: checkNumber('maxWaitingMessages', options.maxWaitingMessages ?? 10_000, 1, 2 ** 31),
    maxBodyBytes: checkNumber('maxBodyBytes', options.maxBodyBytes ?? 16_777_216, 1, 536_870_912),
    consumerTimeoutMs: resolveConsumerTimeout(options),
  }
  if (settings.delays !== 'ladder' && settings.delays !== 'go') {
    throw new ConfigurationError(`RabbitMQ: delays must be 'ladder' or 'go', got ${JSON.stringify(settings.delays)}.`)
  }
  if (settings.delayedQueue !== undefined && options.delays !== undefined) {
    throw new ConfigurationError('RabbitMQ: delayedQueue and delays contradict each other. Set one of them.')
  }
  return settings
}

/**
 * Machinery's key belongs to Machinery's queue. Two default queues with one key would each get all tasks of both, and run
 * them twice.
 */
function bindingKeyOf({ defaultQueue = 'machinery_tasks', exchangeType = 'direct' }: AmqpBrokerOptions): string {
  return defaultQueue === 'machinery_tasks' || exchangeType !== 'direct' ? 'machinery_task' : defaultQueue
}

function resolveConsumerTimeout({ queueDeclareArgs, consumerTimeoutMs = 1_800_000 }: AmqpBrokerOptions): number {
  const ofQueue = queueDeclareArgs?.['x-consumer-timeout']
  const ms = typeof ofQueue === 'number' ? ofQueue : consumerTimeoutMs
  if (ms > 0) return ms
  throw new ConfigurationError(`RabbitMQ: consumerTimeoutMs must be above 0 milliseconds, got ${ms}.`)
}

function checkName(option: string, name: string): string {
  if (name === '') throw new ConfigurationError(`RabbitMQ: ${option} must not be empty.`)
  return checkLength(option, name)
}

function checkLength(option: string, text: string): string {
  if (Buffer.byteLength(text) <= 255) return text
  throw new ConfigurationError(`RabbitMQ: ${option} has ${Buffer.byteLength(text)} bytes. AMQP takes at most 255.`)
}

function checkNumber(option: string, value: number, least: number, most: number): number {
  if (Number.isInteger(value) && value >= least && value <= most) return value
  throw new ConfigurationError(`RabbitMQ: ${option} must be a whole number from ${least} to ${most}, got ${value}.`)
}
