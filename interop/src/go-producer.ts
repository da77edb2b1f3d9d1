import { encodeSignature, type Signature } from '@machinery/core'
import { LineProcess } from './line-process.js'

/** A result as a handle of Machinery (Go) gave it: the type it has in Go, and the value as JSON. */
export interface GoValue {
  readonly Type: string
  readonly Value: unknown
}

/** What Go answered instead. */
export class GoError extends Error {}

interface Fields extends Record<string, unknown> {
  readonly signatures?: readonly Signature[]
  readonly callback?: Signature
}

interface Call {
  resolve(answer: unknown): void
  reject(error: Error): void
}

/** A server of Machinery (Go) in a process of its own, that sends tasks and reads results. */
export class GoProducer {
  readonly #calls = new Map<number, Call>()
  #process: LineProcess | undefined
  #lastId = 0

  static async start(program: string, args: readonly string[]): Promise<GoProducer> {
    const producer = new GoProducer()
    const started = await LineProcess.start({ file: program, args: ['serve', ...args] }, (line) =>
      producer.#settle(line),
    )
    producer.#process = started
    void started.ended.then(() => producer.#abandon(started.errors))
    return producer
  }

  /** SendTask for each, in order. */
  async send(...signatures: readonly Signature[]): Promise<readonly string[]> {
    return (await this.#call('send', { signatures })) as string[]
  }

  /** NewChain and SendChain. */
  async sendChain(...signatures: readonly Signature[]): Promise<readonly string[]> {
    return (await this.#call('chain', { signatures })) as string[]
  }

  /** NewGroup and SendGroup. @returns the group's UUID */
  async sendGroup(...signatures: readonly Signature[]): Promise<string> {
    return (await this.#call('group', { signatures })) as string
  }

  /** NewGroup, NewChord and SendChord. */
  async sendChord(signatures: readonly Signature[], callback: Signature): Promise<{ group: string; callback: string }> {
    return (await this.#call('chord', { signatures, callback })) as { group: string; callback: string }
  }

  /**
   * GetWithTimeout of a handle: `get` of a task, `get chain` of tasks, `get chord` of members and callback.
   * @throws GoError with the text that Go's handle returned
   */
  async get(
    uuids: readonly string[],
    op: 'get' | 'get chain' | 'get chord' = 'get',
    timeoutMs = 15_000,
  ): Promise<readonly GoValue[]> {
    return (await this.#call(op, { uuids, timeoutMs })) as GoValue[]
  }

  /** The record of a task, as Go read and wrote it again. */
  async state(uuid: string): Promise<Record<string, unknown>> {
    return (await this.#call('state', { uuids: [uuid] })) as Record<string, unknown>
  }

  /** GroupCompleted of the result backend. */
  async isGroupCompleted(groupUuid: string, memberUuids: readonly string[]): Promise<boolean> {
    return (await this.#call('group completed', { key: groupUuid, uuids: memberUuids })) as boolean
  }

  /** GetPendingTasks. */
  async pending(queue: string): Promise<readonly Record<string, unknown>[]> {
    return (await this.#call('pending', { queue })) as Record<string, unknown>[]
  }

  /** GetDelayedTasks. */
  async delayed(): Promise<readonly Record<string, unknown>[]> {
    return (await this.#call('delayed', {})) as Record<string, unknown>[]
  }

  /** One Lock of the Redis lock; `until` in nanoseconds since the epoch. */
  async lock(key: string, until: bigint): Promise<boolean> {
    return (await this.#call('lock', { key, value: String(until) })) as boolean
  }

  kill(): Promise<void> {
    return this.#process?.kill() ?? Promise.resolve()
  }

  #call(op: string, fields: Fields): Promise<unknown> {
    const id = ++this.#lastId
    const { signatures, callback, ...rest } = fields
    // By hand: signatures travel in the words of the wire, with all 64 bits of their integers.
    const texts = [
      JSON.stringify({ id, op, ...rest }).slice(0, -1),
      ...(signatures === undefined ? [] : [`"signatures":[${signatures.map(toText).join(',')}]`]),
      ...(callback === undefined ? [] : [`"callback":${toText(callback)}`]),
    ]
    return new Promise((resolve, reject) => {
      this.#calls.set(id, { resolve, reject })
      this.#process?.write(`${texts.join(',')}}`)
    })
  }

  #settle({ id, answer, error }: Record<string, unknown>): void {
    const call = this.#calls.get(Number(id))
    this.#calls.delete(Number(id))
    if (error === undefined) call?.resolve(answer)
    else call?.reject(new GoError(String(error)))
  }

  #abandon(errors: string): void {
    for (const call of this.#calls.values()) call.reject(new Error(`The Go process has ended. It printed:\n${errors}`))
  }
}

function toText(signature: Signature): string {
  return Buffer.from(encodeSignature(signature)).toString()
}
