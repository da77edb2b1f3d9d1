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

/** All that scenarios need to know about a broker and a backend: what runs them, and where it hurts. */
export interface Rig extends AsyncDisposable {
  readonly name: string
  readonly broker: TestServer
  /** May be the same server. */
  readonly backend: TestServer
  /** Must never be seen in any output. */
  readonly secret: string
  /** How long a dead worker's messages stay with it at most, in milliseconds. */
  readonly recoveryMs: number
  /** After this time without a sign of life a worker counts as dead, in milliseconds. */
  readonly leaseMs: number
  /** How long a silent link may go unnoticed, in milliseconds. */
  readonly silenceMs: number
  readonly requests: Requests
  /** A straight way to look at queues, and to put raw bytes in. Never through a proxy. */
  readonly inspector: Broker & QueueInspector
  /** What a process needs to make its adapters; plain data. */
  config(ways?: Ways, tuning?: Tuning): AdapterConfig
  /** A new way to one of the servers. Closed with the rig. */
  proxy(to: 'broker' | 'backend'): Promise<FaultProxy>
}
