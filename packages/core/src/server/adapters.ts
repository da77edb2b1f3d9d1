import type { Backend, Broker, Clock, Lock } from '../contracts/index.js'
import { ConfigurationError } from '../errors/index.js'
import type { EagerProcessor } from '../memory/index.js'
import { EagerBroker, MemoryBackend, MemoryBroker, MemoryLock } from '../memory/index.js'

/** The three adapters a server works with. */
export interface Adapters {
  readonly broker: Broker
  readonly backend: Backend
  readonly lock: Lock
}

/**
 * The adapters as given, or the embedded ones where none is.
 * @param runEagerly runs each message at once, in eager mode
 * @throws ConfigurationError when one is something else, or only one of broker and backend is given: tasks would be in one
 * place and results in another
 */
export function chooseAdapters(given: Partial<Adapters>, clock: Clock, runEagerly?: EagerProcessor): Adapters {
  const { broker, backend, lock = new MemoryLock({ clock }) } = given
  mustBe('broker', broker, ['publish', 'consume'])
  mustBe('backend', backend, ['saveStates', 'readStates'])
  mustBe('lock', lock, ['acquire'])
  if (runEagerly !== undefined && broker !== undefined) {
    throw new ConfigurationError('The eager option runs tasks without a broker; leave out the broker, or the option.')
  }
  if (broker !== undefined && backend === undefined) {
    throw new ConfigurationError(
      `Result backend required: the ${broker.name} broker needs a backend that other processes see. Pass one as the third argument, or a NullBackend to keep no results.`,
    )
  }
  if (broker === undefined && backend !== undefined && runEagerly === undefined) {
    throw new ConfigurationError(
      `A broker is required beside the ${backend.name} backend. Pass one as the second argument, or neither for the embedded ones.`,
    )
  }
  return {
    broker: broker ?? embeddedBroker(clock, runEagerly),
    backend: backend ?? new MemoryBackend({ clock }),
    lock,
  }
}

function embeddedBroker(clock: Clock, runEagerly: EagerProcessor | undefined): Broker {
  if (runEagerly === undefined) return new MemoryBroker({ clock })
  const broker = new EagerBroker()
  broker.assignProcessor(runEagerly)
  return broker
}

/** @throws ConfigurationError when tasks would go to a queue that this server's workers do not read */
export function checkDefaultQueue(broker: Broker, defaultQueue: string): void {
  if (broker.defaultQueue === undefined || broker.defaultQueue === defaultQueue) return
  throw new ConfigurationError(
    `The server's defaultQueue is "${defaultQueue}" and that of the ${broker.name} broker "${broker.defaultQueue}": tasks would be sent to one and read from the other. Give both the same.`,
  )
}

/** Of what is given instead, nothing is shown but its kind: an address may hold a password. */
function mustBe(role: keyof Adapters, given: unknown, methods: readonly string[]): void {
  if (given === undefined) return
  const isAdapter = typeof given === 'object' && given !== null
  if (isAdapter && methods.every((name) => typeof (given as Record<string, unknown>)[name] === 'function')) return
  const kind = given === null ? 'null' : typeof given
  throw new ConfigurationError(
    `A server takes configuration, broker, backend and lock, in this order; its ${role} lacks ${methods.join('() and ')}(): got ${
      isAdapter ? 'another object' : `a ${kind}`
    }. Make one with an adapter's class, for example new RedisBroker({ url }).`,
  )
}
