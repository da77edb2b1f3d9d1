import { connect, type Socket } from 'node:net'
import { createInterface } from 'node:readline'
import { Redis } from 'ioredis'
import { until } from './until.js'

/** What each key is set to, in order, by commands and by scripts alike, of whatever client. Redis's MONITOR. */
export class Monitor {
  readonly #socket: Socket
  readonly #client: Redis
  readonly #values = new Map<string, string[]>()
  #isReady = false

  static async open(port: number): Promise<Monitor> {
    const monitor = new Monitor(port)
    await until(
      () => monitor.#isReady,
      5_000,
      () => 'Redis is monitored',
    )
    return monitor
  }

  private constructor(port: number) {
    this.#client = new Redis(port)
    this.#socket = connect(port, '127.0.0.1', () => this.#socket.write('MONITOR\r\n'))
    createInterface(this.#socket).on('line', (line) => this.#note(line))
  }

  /** All that was stored under the key until now. */
  async valuesOf(key: string): Promise<readonly string[]> {
    // It comes by another connection than what happened before, but in order.
    const mark = `mark-${Math.random()}`
    await this.#client.set(mark, '', 'PX', 1_000)
    await until(
      () => this.#values.has(mark),
      5_000,
      () => 'the mark is seen',
    )
    return this.#values.get(key) ?? []
  }

  close(): void {
    this.#socket.destroy()
    this.#client.disconnect()
  }

  #note(line: string): void {
    this.#isReady ||= line === '+OK'
    const [command, key, value] = [...line.matchAll(/"((?:[^"\\]|\\.)*)"/g)].slice(0, 3).map(([, text = '']) => text)
    if (command?.toLowerCase() !== 'set' || key === undefined || value === undefined) return
    const values = this.#values.get(key) ?? []
    this.#values.set(key, values)
    values.push(fromMonitor(value))
  }
}

const controls: Readonly<Record<string, string>> = { n: '\n', r: '\r', t: '\t', a: '\x07', b: '\b' }

/** What Redis shows as `\n` or `\xc3`, one for each byte. */
function fromMonitor(text: string): string {
  const bytes = text.replace(/\\(?:x([0-9a-f]{2})|(.))/g, (_all, hex: string | undefined, one: string = '') =>
    hex === undefined ? (controls[one] ?? one) : String.fromCharCode(Number.parseInt(hex, 16)),
  )
  return Buffer.from(bytes, 'latin1').toString()
}
