import { RedisBackend } from '@machinery/backend-redis'
import { RedisBroker } from '@machinery/broker-redis'
import { defineTask, int, Server, silentLogger } from '@machinery/core'
import type { Pair, Work } from '../tasks/task-peer.js'
import { countKeys } from './count-keys.js'
import type { Peer } from './peer.js'

const add = defineTask('add', { args: [int, int], result: int })

export async function openMachinery(url: string): Promise<Peer> {
  return new MachineryPeer(url)
}

class MachineryPeer implements Peer {
  readonly #url: string
  readonly #server: Server

  constructor(url: string) {
    this.#url = url
    const config = { logger: silentLogger, noUnixSignals: true }
    this.#server = new Server(config, new RedisBroker({ url }), new RedisBackend({ url }))
  }

  async send(a: number, b: number): Promise<void> {
    await this.#server.sendTask(add.s(a, b))
  }

  async sendMany(pairs: readonly Pair[]): Promise<void> {
    await this.#server.sendTasks(pairs.map(([a, b]) => add.s(a, b)))
  }

  async prepareAsking(): Promise<void> {}

  async ask(a: number, b: number): Promise<number> {
    const result = await this.#server.sendTask(add.s(a, b))
    return await result.get({ timeout: '10s' })
  }

  async work({ concurrency, handler, onDone, onFailure }: Work): Promise<() => Promise<void>> {
    this.#server.registerTask(add, handler)
    const worker = this.#server.newWorker('bench', { concurrency })
    worker.setErrorHandler(onFailure)
    if (onDone !== undefined) worker.setPostTaskHandler(onDone)
    worker.launch().catch(onFailure)
    return () => worker.quit()
  }

  countFinished(): Promise<number> {
    return countKeys(this.#url, 'task_*', (value) => value.includes('"State":"SUCCESS"'))
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#server.close()
  }
}
