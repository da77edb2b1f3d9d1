import { once } from 'node:events'
import { createServer, type Server, type Socket } from 'node:net'
import { ProxyLink, type Verdict } from './proxy-link.js'

/** Which bytes on their way to the server are meant: those that contain the text or match the expression (latin1). */
export type Matcher = string | RegExp

export interface FaultProxyOptions {
  /** Where connections go. A `TestServer` will do. */
  readonly target: { readonly port: number; readonly host?: string }
  /** Where the proxy listens on the loopback interface. Default: a free port. */
  readonly port?: number
}

/** A TCP proxy between a client and a server, with the faults that networks have. */
export interface FaultProxy extends AsyncDisposable {
  readonly port: number
  /** How many clients are connected through it. */
  readonly connections: number
  /** How many requests and replies were dropped on demand. */
  readonly dropped: number
  /** Breaks every connection, with a reset. New ones are welcome. */
  cut(): void
  /** While true, nothing listens: connecting is refused. Connections that are open live on. */
  refuse(on: boolean): Promise<void>
  /** While true, nothing passes and nothing closes, as on a dead link. What was sent meanwhile arrives afterwards. */
  freeze(on: boolean): void
  /** Holds back what passes from now on, in each direction, for so many milliseconds. */
  delay(ms: number): void
  /** The next request reaches the server; its reply is lost, and so is the connection. */
  dropNextReply(matcher?: Matcher): void
  /** The same for every request that matches, until it is called with `undefined`. */
  dropReplies(matcher: Matcher | undefined): void
  /** A request that matches never reaches the server, and its connection is lost. Until called with `undefined`. */
  dropRequests(matcher: Matcher | undefined): void
  stop(): Promise<void>
}

export async function startProxy(options: FaultProxyOptions): Promise<FaultProxy> {
  const proxy = new TcpFaultProxy(options.target)
  await proxy.listen(options.port ?? 0)
  return proxy
}

class TcpFaultProxy implements FaultProxy {
  readonly #target: { readonly port: number; readonly host: string }
  readonly #links = new Set<ProxyLink>()
  #listener: Server | undefined
  #port = 0
  #frozen = false
  #delayMs = 0
  #dropped = 0
  #loseReplyOnce: Matcher | undefined
  #loseReplies: Matcher | undefined
  #loseRequests: Matcher | undefined

  constructor(target: FaultProxyOptions['target']) {
    this.#target = { host: '127.0.0.1', ...target }
  }

  get port(): number {
    return this.#port
  }

  get connections(): number {
    return this.#links.size
  }

  get dropped(): number {
    return this.#dropped
  }

  async listen(port: number): Promise<void> {
    const listener = createServer({ allowHalfOpen: true, noDelay: true }, (client) => this.#accept(client))
    this.#listener = listener
    listener.listen({ port, host: '127.0.0.1' })
    await once(listener, 'listening')
    const address = listener.address()
    if (typeof address === 'object' && address !== null) this.#port = address.port
  }

  cut(): void {
    for (const link of this.#links) link.reset()
  }

  async refuse(on: boolean): Promise<void> {
    if (on) {
      this.#listener?.close()
      this.#listener = undefined
    } else if (!this.#listener) {
      await this.listen(this.#port)
    }
  }

  freeze(on: boolean): void {
    this.#frozen = on
    for (const link of this.#links) link.freeze(on)
  }

  delay(ms: number): void {
    this.#delayMs = ms
  }

  dropNextReply(matcher: Matcher = ''): void {
    this.#loseReplyOnce = matcher
  }

  dropReplies(matcher: Matcher | undefined): void {
    this.#loseReplies = matcher
  }

  dropRequests(matcher: Matcher | undefined): void {
    this.#loseRequests = matcher
  }

  async stop(): Promise<void> {
    await this.refuse(true)
    this.cut()
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.stop()
  }

  #accept(client: Socket): void {
    const link: ProxyLink = new ProxyLink(client, this.#target, {
      delayMs: () => this.#delayMs,
      verdict: (bytes, from) => this.#judge(bytes, from),
      closed: () => this.#links.delete(link),
    })
    this.#links.add(link)
    link.freeze(this.#frozen)
  }

  #judge(bytes: string, from: number): Verdict | undefined {
    const requestAt = find(bytes, from, this.#loseRequests)
    if (requestAt !== -1) {
      this.#dropped++
      return { lose: 'request', at: requestAt }
    }
    const onceAt = find(bytes, from, this.#loseReplyOnce)
    const replyAt = onceAt === -1 ? find(bytes, from, this.#loseReplies) : onceAt
    if (replyAt === -1) return undefined
    if (onceAt !== -1) this.#loseReplyOnce = undefined
    this.#dropped++
    return { lose: 'reply', at: replyAt }
  }
}

/** Where the first match begins that reaches beyond `from`; -1: nowhere. */
function find(text: string, from: number, matcher: Matcher | undefined): number {
  if (matcher === undefined) return -1
  if (typeof matcher === 'string') return text.indexOf(matcher, Math.max(0, from - matcher.length + 1))
  const flags = matcher.flags.includes('g') ? matcher.flags : `${matcher.flags}g`
  for (const match of text.matchAll(new RegExp(matcher.source, flags))) {
    if (match.index + match[0].length > from) return match.index
  }
  return -1
}
