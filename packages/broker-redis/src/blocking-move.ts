import type { RedisClient, RedisConnection } from '@machinery/redis-connection'
import { type Cluster, Command } from 'ioredis'

/** How long it may take to end a move that waits, in milliseconds, and how often to try. */
const interruptWithinMs = 1_000
const tryAgainMs = 20

export interface MovedMessage {
  readonly body: Buffer
  readonly areCounted: boolean
}

/** The one command that waits for a message, on a connection of its own. */
export class BlockingMove {
  readonly #connection: RedisConnection
  readonly #control: RedisConnection
  readonly #queue: string
  #pending: { readonly clientId: Promise<number | undefined>; readonly ended: Promise<void> } | undefined
  #isUnwanted = false

  /**
   * @param connection what it blocks
   * @param control by which it is interrupted
   */
  constructor(connection: RedisConnection, control: RedisConnection, queue: string) {
    this.#connection = connection
    this.#control = control
    this.#queue = queue
  }

  /** Connects, so that the first move need not. */
  prepare(): void {
    this.#connection.ready().catch(() => {})
  }

  /**
   * Moves the next message of the queue to `list`, and returns it, with whether the key `counts` existed right then.
   * Undefined when none came within `blockMs`, or when interrupted.
   */
  async run(list: string, blockMs: number, counts: string): Promise<MovedMessage | undefined> {
    this.#isUnwanted = false
    const client = await this.#connection.ready()
    if (this.#isUnwanted) return undefined
    // Written together with the move, so it costs no time, and it cannot be that of another connection.
    const clientId = sendBeside(client, this.#queue, 'client', ['id']).then(Number, () => undefined)
    const moving = client.callBuffer(
      'blmove',
      this.#queue,
      list,
      'LEFT',
      'RIGHT',
      blockMs / 1_000,
    ) as Promise<Buffer | null>
    // The server answers it in the same breath as the move before it: no message waits for another round trip.
    const areCounted = client.exists(counts).then(
      (found) => found === 1,
      () => true,
    )
    const ended = moving.then(
      () => {},
      () => {},
    )
    this.#pending = { clientId, ended }
    try {
      const body = await moving
      return body === null ? undefined : { body, areCounted: await areCounted }
    } finally {
      this.#pending = undefined
    }
  }

  /** Ends the running move, which then returns what it has. False when it is not known to have ended. */
  async interrupt(): Promise<boolean> {
    this.#isUnwanted = true
    const pending = this.#pending
    if (pending === undefined) return true
    let isOver = false
    void pending.ended.then(() => {
      isOver = true
    })
    const giveUpAt = performance.now() + interruptWithinMs
    while (!isOver && performance.now() < giveUpAt) {
      // It may come before the move began; so again, until the move is over.
      this.#unblock(pending.clientId).catch(() => {})
      await Promise.race([pending.ended, new Promise((resolve) => setTimeout(resolve, tryAgainMs))])
    }
    return isOver
  }

  close(): Promise<void> {
    this.#isUnwanted = true
    return this.#connection.close()
  }

  async #unblock(clientId: Promise<number | undefined>): Promise<void> {
    const id = await clientId
    if (id !== undefined) await sendBeside(await this.#control.ready(), this.#queue, 'client', ['unblock', String(id)])
  }
}

/** Sends a command without keys to the server that has the key. */
function sendBeside(client: RedisClient, key: string, name: string, args: string[]): Promise<unknown> {
  const command = new Command(name, args, { replyEncoding: 'utf8' })
  if (client.isCluster)
    (client as Cluster).sendCommand(command, undefined, { slot: new Command('get', [key]).getSlot() })
  else client.sendCommand(command)
  return command.promise
}
