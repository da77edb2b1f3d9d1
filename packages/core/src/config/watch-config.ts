import { isDeepStrictEqual } from 'node:util'
import type { Logger } from '../contracts/logger.js'
import { ConfigurationError } from '../errors/errors.js'
import { consoleLogger } from '../logging/console-logger.js'
import { guardLogger } from '../logging/guard-logger.js'
import { printableValue } from '../logging/printable.js'
import { nativeClearTimeout, nativeSetTimeout } from '../time/native-timers.js'
import type { Config } from './config.js'
import { configFromText, readConfigFile, type YamlOptions } from './config-from-yaml.js'

export interface WatchOptions extends YamlOptions {
  /** How often the file is read, in milliseconds, 1 to 2147483647. @default 10_000 */
  readonly intervalMs?: number
}

/** A configuration that may change while the program runs. */
export interface ConfigSource extends AsyncDisposable {
  /** The newest valid one: replaced as a whole, never changed in place. */
  readonly current: Config
  /** Calls `listener` after each change. Returns the function that ends it. */
  onChange(listener: (config: Config, previous: Config) => void): () => void
  /** Stops reading the file; `current` stays as it is. Safe to call twice. */
  close(): void
}

/**
 * The configuration in a YAML file, read again every `intervalMs`. A file that cannot be read or is not valid leaves
 * the last good configuration in force and is reported once as an error. Does not keep the process alive.
 * @throws ConfigurationError when the file is not valid at the start
 */
export async function watchConfig(path: string | URL, options: WatchOptions = {}): Promise<ConfigSource> {
  const { intervalMs = 10_000 } = options
  if (!(intervalMs >= 1 && intervalMs <= 2_147_483_647)) {
    throw new ConfigurationError(`watchConfig() intervalMs must be 1 to 2147483647 milliseconds; got ${intervalMs}.`)
  }
  const logger = guardLogger(options.logger ?? consoleLogger())
  const text = await readConfigFile(path)
  return new WatchedConfig(path, text, configFromText(text, path, logger), intervalMs, logger)
}

class WatchedConfig implements ConfigSource {
  readonly #path: string | URL
  readonly #intervalMs: number
  readonly #logger: Logger
  readonly #listeners = new Set<{ readonly call: (config: Config, previous: Config) => void }>()
  #current: Config
  /** The text that was looked at last, valid or not; undefined: there was none. */
  #text: string | undefined
  #reported = ''
  #timer: NodeJS.Timeout | undefined
  #isClosed = false

  constructor(path: string | URL, text: string, config: Config, intervalMs: number, logger: Logger) {
    this.#path = path
    this.#text = text
    this.#current = config
    this.#intervalMs = intervalMs
    this.#logger = logger
    this.#schedule()
  }

  get current(): Config {
    return this.#current
  }

  onChange(listener: (config: Config, previous: Config) => void): () => void {
    // Wrapped, so that the same function added twice is removed once at a time.
    const entry = { call: listener }
    this.#listeners.add(entry)
    return () => void this.#listeners.delete(entry)
  }

  close(): void {
    this.#isClosed = true
    nativeClearTimeout(this.#timer)
    this.#listeners.clear()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.close()
  }

  #schedule(): void {
    if (this.#isClosed) return
    this.#timer = nativeSetTimeout(() => void this.#reload(), this.#intervalMs)
    this.#timer.unref()
  }

  async #reload(): Promise<void> {
    try {
      const text = await this.#read()
      if (!this.#isClosed && text !== this.#text) this.#take(text)
    } catch (error) {
      this.#report(error)
    }
    this.#schedule()
  }

  async #read(): Promise<string> {
    try {
      return await readConfigFile(this.#path)
    } catch (error) {
      // When the file is back it is looked at anew, and when it goes again that is reported anew.
      this.#text = undefined
      throw error
    }
  }

  #take(text: string): void {
    this.#text = text
    const next = configFromText(text, this.#path, this.#logger)
    this.#reported = ''
    const previous = this.#current
    if (isDeepStrictEqual(next, previous)) return
    this.#current = next
    this.#logger.info(`Reloaded the configuration from ${String(this.#path)}.`, { file: String(this.#path) })
    for (const { call } of [...this.#listeners]) {
      try {
        call(next, previous)
      } catch (error) {
        this.#logger.error(`A listener for configuration changes failed: ${printableValue(error)}`, { error })
      }
    }
  }

  #report(error: unknown): void {
    const message = error instanceof Error ? error.message : String(error)
    if (this.#isClosed || message === this.#reported) return
    this.#reported = message
    this.#logger.error(`Kept the last good configuration: ${message}`, { file: String(this.#path), error })
  }
}
