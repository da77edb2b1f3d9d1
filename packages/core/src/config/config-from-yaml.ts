import { readFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import type { Logger } from '../contracts/logger.js'
import { ConfigurationError } from '../errors/errors.js'
import { consoleLogger } from '../logging/console-logger.js'
import { guardLogger } from '../logging/guard-logger.js'
import type { Config, ConfigInput } from './config.js'
import { parseYaml } from './parse-yaml.js'
import { readYaml } from './read-yaml.js'
import { resolveConfig } from './resolve-config.js'

export interface YamlOptions {
  /** Is warned of keys that mean nothing. @default consoleLogger() */
  readonly logger?: Logger
}

/**
 * The configuration in a YAML file, under the keys of Machinery, with defaults for what it does not set.
 * Reads the file once; `watchConfig` follows its changes.
 * @throws ConfigurationError when the file cannot be read or parsed, or holds a value that is not allowed
 */
export async function configFromYaml(path: string | URL, options: YamlOptions = {}): Promise<Config> {
  return configFromText(await readConfigFile(path), path, guardLogger(options.logger ?? consoleLogger()))
}

/** @throws ConfigurationError when the file cannot be read */
export async function readConfigFile(path: string | URL): Promise<string> {
  try {
    return await readFile(path, 'utf8')
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause)
    throw new ConfigurationError(`Cannot read the configuration file: ${reason}.`, { cause })
  }
}

/** @throws ConfigurationError when the text is no configuration */
export function configFromText(text: string, path: string | URL, logger: Logger): Config {
  const file = path instanceof URL ? fileURLToPath(path) : path
  const input = readYaml(parseYaml(text, file), file, (message) => logger.warn(message, { file }))
  return resolveConfig(input as ConfigInput)
}
