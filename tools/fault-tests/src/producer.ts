import type { Broker, Logger, Signature, SignatureArg } from '@machinery/core'
import { encodeSignature, isMachineryError, newSignature, Server } from '@machinery/core'
import { type AdapterConfig, makeAdapters } from './adapters.js'

/** One signature that the producer sent, or that follows from one that it sent. */
export interface Sent {
  readonly uuid: string
  /** `pending`: its promise has not settled. `follows`: a callback, sent by a worker if at all. */
  outcome: 'acked' | 'rejected' | 'indeterminate' | 'pending' | 'follows'
  error?: unknown
  /** Epoch ms. */
  ackedAt?: number
  /** How long the answer took, in milliseconds. */
  tookMs?: number
  /** Its end is decided otherwise than by a handler, so that a missing run is no loss. */
  mayNotRun?: boolean
}

/** In the place of a result whose promise did not settle. */
export const stillWaiting: unique symbol = Symbol('still waiting')

/** Sends tasks from this process, and keeps a ledger of what became of each. */
export class Producer {
  readonly server: Server
  readonly sent: Sent[] = []
  #output = ''

  constructor(config: AdapterConfig, queue: string) {
    const { broker, backend, lock } = makeAdapters(config)
    const write = (message: string): void => {
      this.#output += `${message}\n`
    }
    const logger: Logger = { debug: write, info: write, warn: write, error: write }
    this.server = new Server({ defaultQueue: queue, logger }, broker, backend, lock)
  }

  /** What it logged, and the messages of all errors that it met. */
  get output(): string {
    return this.#output
  }

  get acked(): readonly string[] {
    return this.sent.filter(({ outcome }) => outcome === 'acked').map(({ uuid }) => uuid)
  }

  get unsettled(): number {
    return this.sent.filter(({ outcome }) => outcome === 'pending').length
  }

  /** Sends one task. Never rejects: see `outcome`. */
  send(name: string, ...args: readonly (number | string)[]): Promise<Sent> {
    return this.sendSignature(signatureOf(name, ...args))
  }

  /** Sends many, one after another's start: in few calls to the broker. */
  sendMany(times: number, name: string, ...args: readonly (number | string)[]): Promise<Sent[]> {
    return Promise.all(Array.from({ length: times }, () => this.send(name, ...args)))
  }

  sendSignature(signature: Signature): Promise<Sent> {
    const sent = this.#note(signature)
    return this.#settle([sent], () => this.server.sendTask(signature)).then(() => sent)
  }

  /** Sends a workflow of these signatures, whichever it is. */
  sendWorkflow(members: readonly Signature[], send: () => Promise<unknown>): Promise<void> {
    return this.#settle(
      members.map((member) => this.#note(member)),
      send,
    )
  }

  /** Puts the very same message into the queue, so many times at once, past the product. */
  async publishRaw(signature: Signature, times: number, broker: Broker): Promise<void> {
    const message = { routingKey: this.server.getConfig().defaultQueue, body: encodeSignature(signature) }
    const [answer] = await broker.publish(Array.from({ length: times }, () => message))
    if (answer?.status !== 'ok') throw new Error(`A raw message was not stored: ${answer?.status}`)
    if (!this.sent.some(({ uuid }) => uuid === signature.uuid))
      this.sent.push({ uuid: signature.uuid, outcome: 'acked' })
  }

  /** A task that somebody else sends. */
  expect(uuid: string): void {
    this.sent.push({ uuid, outcome: 'follows' })
  }

  /**
   * The results of these tasks: a value, the error, or `stillWaiting` where the promise did not settle.
   * @param timeoutMs for the product; the promises are given two seconds more
   */
  async results(uuids: readonly string[], timeoutMs: number): Promise<readonly unknown[]> {
    const waiting = uuids.map((uuid) =>
      this.server
        .asyncResult(uuid)
        .get({ timeout: timeoutMs })
        .catch((error) => error),
    )
    let timer: NodeJS.Timeout | undefined
    const hung = new Promise<typeof stillWaiting>((resolve) => {
      timer = setTimeout(() => resolve(stillWaiting), timeoutMs + 2_000)
    })
    const results = await Promise.all(waiting.map((result) => Promise.race([result, hung])))
    clearTimeout(timer)
    return results
  }

  close(): Promise<void> {
    return this.server.close()
  }

  #note(signature: Signature): Sent {
    const sent: Sent = { uuid: signature.uuid, outcome: 'pending' }
    this.sent.push(sent)
    for (const callback of [...signature.onSuccess, ...signature.onError]) this.expect(callback.uuid)
    if (signature.chordCallback !== null) this.expect(signature.chordCallback.uuid)
    return sent
  }

  async #settle(all: readonly Sent[], send: () => Promise<unknown>): Promise<void> {
    const startedAt = performance.now()
    let outcome: Sent['outcome'] = 'acked'
    let error: unknown
    try {
      await send()
    } catch (thrown) {
      error = thrown
      outcome = outcomeOf(thrown)
      this.#output += `${thrown instanceof Error ? (thrown.stack ?? thrown.message) : String(thrown)}\n`
    }
    for (const sent of all) {
      sent.outcome = outcome
      if (outcome === 'acked') sent.ackedAt = Date.now()
      sent.tookMs = performance.now() - startedAt
      if (error !== undefined) sent.error = error
    }
  }
}

/** What a failed `send()` says about the message. */
function outcomeOf(error: unknown): 'rejected' | 'indeterminate' {
  if (!isMachineryError(error, 'MACHINERY_BROKER')) {
    // Nothing is published before PENDING is stored, nor where the request was refused.
    return isMachineryError(error, 'MACHINERY_WORKFLOW_NOT_SENT') ? 'indeterminate' : 'rejected'
  }
  return 'outcome' in error && error.outcome === 'rejected' ? 'rejected' : 'indeterminate'
}

/** A signature with arguments as the wire has them. */
export function signatureOf(name: string, ...args: readonly (number | string)[]): Signature {
  return newSignature(
    name,
    args.map((value): SignatureArg => ({ type: typeof value === 'number' ? 'int64' : 'string', value })),
  )
}
