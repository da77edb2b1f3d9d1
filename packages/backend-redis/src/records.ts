import { chunk } from '@machinery/core/adapter'
import type { RedisClient, RedisConnection, RedisScript, ScriptArgument } from '@machinery/redis-connection'
import { runScript } from '@machinery/redis-connection'

/** How many keys one command takes, so that the server answers others in between. */
const keysPerCommand = 1_000

/**
 * The records of many keys: all in few commands on one server; in a cluster, where every key lies in a slot of its own,
 * one command for each key, all at once.
 */
export class Records {
  readonly #connection: RedisConnection

  constructor(connection: RedisConnection) {
    this.#connection = connection
  }

  get isCluster(): boolean {
    return this.#connection.isCluster
  }

  client(): Promise<RedisClient> {
    return this.#connection.ready({ soon: true })
  }

  /** As text, in order; null where there is none, or none that is text. */
  async read(keys: readonly string[]): Promise<readonly (string | null)[]> {
    if (keys.length === 0) return []
    const client = await this.client()
    // MGET also answers for keys that hold something else, where GET fails.
    const answers = this.#pieces(keys).map((piece) => client.mget(...piece))
    return (await Promise.all(answers)).flat()
  }

  async delete(keys: readonly string[]): Promise<void> {
    if (keys.length === 0) return
    const client = await this.client()
    await Promise.all(this.#pieces(keys).map((piece) => client.del(...piece)))
  }

  /** Runs a script over all keys; what it answers for each, where it answers a list. */
  async run(script: RedisScript, keys: readonly string[], args: readonly ScriptArgument[] = []): Promise<unknown[]> {
    if (keys.length === 0) return []
    const client = await this.client()
    return (await Promise.all(this.#pieces(keys).map((piece) => runScript(client, script, piece, args)))).flat()
  }

  #pieces(keys: readonly string[]): readonly (readonly string[])[] {
    return this.isCluster ? keys.map((key) => [key]) : chunk(keys, keysPerCommand)
  }
}
