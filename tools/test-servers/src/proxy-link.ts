import { connect, type Socket } from 'node:net'
import { DelayLine } from './delay-line.js'

export interface Verdict {
  readonly lose: 'request' | 'reply'
  /** Where the request that is to be lost begins. */
  readonly at: number
}

export interface LinkHooks {
  readonly delayMs: () => number
  /** Judges bytes from the client (latin1), of which those before `from` have been judged before. */
  readonly verdict: (bytes: string, from: number) => Verdict | undefined
  readonly closed: () => void
}

/** How much of the bytes before is looked at again, so that a match may lie across two chunks. */
const overlap = 1024

/**
 * A lost reply takes the connection with it, but only when the server has been silent for this long: it may answer
 * earlier requests first, and must have acted on the lost one. In milliseconds.
 */
const silenceMs = 50

/** One client's connection through the proxy, and the connection to the server that belongs to it. */
export class ProxyLink {
  readonly #client: Socket
  readonly #server: Socket
  readonly #hooks: LinkHooks
  /** To the server, and back. */
  readonly #lines: readonly [DelayLine, DelayLine]
  #seen = ''
  #losing = false
  #silence: NodeJS.Timeout | undefined

  constructor(client: Socket, target: { readonly port: number; readonly host: string }, hooks: LinkHooks) {
    this.#client = client
    this.#hooks = hooks
    this.#server = connect({ ...target, allowHalfOpen: true, noDelay: true })
    this.#lines = [new DelayLine(hooks.delayMs), new DelayLine(hooks.delayMs)]
    this.#pass(client, this.#server, this.#lines[0], (chunk) => this.#judged(chunk))
    this.#pass(this.#server, client, this.#lines[1], (chunk) => (this.#losing ? this.#lost() : chunk))
    client.once('close', hooks.closed)
  }

  /** Ends both connections at once. */
  reset(): void {
    clearTimeout(this.#silence)
    this.#client.resetAndDestroy()
    if (this.#server.connecting) this.#server.destroy()
    else this.#server.resetAndDestroy()
  }

  freeze(on: boolean): void {
    for (const socket of [this.#client, this.#server]) {
      if (on) socket.pause()
      else socket.resume()
    }
    for (const line of this.#lines) line.freeze(on)
  }

  #pass(from: Socket, to: Socket, line: DelayLine, filter: (chunk: Buffer) => Buffer | undefined): void {
    from.on('data', (chunk: Buffer) => {
      const passing = filter(chunk)
      if (passing?.length) line.add(() => to.writable && to.write(passing))
    })
    from.on('end', () => line.add(() => to.end()))
    // A client sees the loss of the server, and the other way round, as a loss of this connection.
    from.on('error', () => this.reset())
  }

  #judged(chunk: Buffer): Buffer | undefined {
    const text = this.#seen + chunk.toString('latin1')
    const before = this.#seen.length
    const verdict = this.#losing ? undefined : this.#hooks.verdict(text, before)
    this.#seen = text.slice(-overlap)
    if (verdict?.lose === 'request') {
      this.#server.end(chunk.subarray(0, Math.max(0, verdict.at - before)))
      this.#client.resetAndDestroy()
      return undefined
    }
    if (verdict?.lose === 'reply') this.#losing = true
    return chunk
  }

  #lost(): undefined {
    clearTimeout(this.#silence)
    this.#silence = setTimeout(() => this.reset(), silenceMs)
    return undefined
  }
}
