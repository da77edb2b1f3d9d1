import { inspect } from 'node:util'
import { hidden, redactUrl } from '../logging/redact-url.js'
import type { Config } from './config.js'

/** Makes `console.log` and `JSON.stringify` show the configuration without passwords and keys. Reading its fields is unaffected. */
export function hideSecrets(config: object): void {
  Object.defineProperty(config, inspect.custom, { value: printableCopy })
  Object.defineProperty(config, 'toJSON', { value: printableCopy })
}

function printableCopy(this: Config): object {
  return {
    ...this,
    broker: redactUrl(this.broker),
    lock: redactUrl(this.lock),
    resultBackend: redactUrl(this.resultBackend),
    tls: typeof this.tls === 'boolean' ? this.tls : hidden,
    redis: { ...this.redis, sentinelPassword: this.redis.sentinelPassword === '' ? '' : hidden },
  }
}
