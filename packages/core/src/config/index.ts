export type {
  AmqpArguments,
  AmqpConfig,
  Config,
  ConfigInput,
  DynamodbConfig,
  GcpPubsubConfig,
  MongodbConfig,
  RedisConfig,
  SqsConfig,
} from './config.js'
export { configFromEnvironment, type Environment } from './config-from-environment.js'
export { configFromYaml, type YamlOptions } from './config-from-yaml.js'
export type { RedisAddress, RedisSocketUrl, RedisUrl } from './parse-redis-url.js'
export {
  type AmqpUrl,
  type BackendUrl,
  type BrokerUrl,
  type EagerUrl,
  type LockUrl,
  parseBackendUrl,
  parseBrokerUrl,
  parseLockUrl,
  type UrlOptions,
} from './parse-url.js'
export { resolveConfig } from './resolve-config.js'
export { type ConfigSource, type WatchOptions, watchConfig } from './watch-config.js'
