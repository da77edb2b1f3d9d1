import type { Broker, QueueInspector } from '@machinery/core'
import type { FaultProxy, Matcher, TestServer } from '@machinery-internal/test-servers'
import type { AdapterConfig } from '../adapters.js'
import type { Tuning } from '../tuning.js'

/** By which way a process reaches the servers. */
export interface Ways {
  /** Default: straight. */
  readonly broker?: FaultProxy
  readonly backend?: FaultProxy
}

/** The requests of one step of the protocol, on the wire. */
export interface Requests {
  readonly publish: Matcher
  /** Of a consumer that finds messages. */
  readonly fetch: Matcher
  /** Of a consumer that waits for the first. */
  readonly wait: Matcher
  readonly ack: Matcher
  readonly saveStates: Matcher
  readonly claimChord: Matcher
  readonly finishMembers: Matcher
}

/** What a broker and a backend promise. Times in milliseconds. */
export interface Promises {
  /** How long the messages of a worker that was killed stay with it at most. */
  readonly recoveryMs: number
  /** The same for a worker whose link is dead, or that stands still. */
  readonly silentRecoveryMs: number
  /** A worker or server that gives no sign of life for less than this does not count as dead. */
  readonly leaseMs: number
  /** How long a silent link may go unnoticed. */
  readonly silenceMs: number
  /** How long adapters wait for an answer before a call fails. */
  readonly answerMs: number
  /** Whether what a worker holds stays with it while its connection is broken, so that nobody else runs it meanwhile. */
  readonly holdsOverOutages: boolean
  /** Whether workers can read that a task has ended before. Otherwise one that was not acknowledged runs again. */
  readonly remembersEnds: boolean
  /**
   * Whether a server without room says so to the first message. Otherwise it takes that one, keeps it to itself until there
   * is room, and refuses those that follow.
   */
  readonly refusesAtOnce: boolean
}

/** All that scenarios need to know about a broker and a backend: what runs them, and where it hurts. */
export interface Rig extends Promises, AsyncDisposable {
  readonly name: string
  readonly broker: TestServer
  /** May be the same server. */
  readonly backend: TestServer
  /** Must never be seen in any output. */
  readonly secret: string
  readonly requests: Requests
  /**
   * A straight way to look at queues, and to put raw bytes in. Never through a proxy. What workers hold it may not see:
   * ask `unsettled`.
   */
  readonly inspector: Broker & QueueInspector
  /** How many messages of a queue are there, wherever they wait and whoever holds them. Dead ones do not count. */
  unsettled(queue: string): Promise<number>
  /** What a process needs to make its adapters; plain data. */
  config(ways?: Ways, tuning?: Tuning): AdapterConfig
  /** A new way to one of the servers. Closed with the rig. */
  proxy(to: 'broker' | 'backend'): Promise<FaultProxy>
}
