/**
 * The servers that a package's tests can ask for (package.json, `"machinery": { "services": [...] }`), and the
 * environment variable through which each is handed to them. The two with `-server` are not addresses but paths of
 * binaries, for tests that start, kill and restart servers themselves. `go` is the path of the program in interop/go, built.
 */
export const serviceVariables = {
  redis: 'REDIS_URL',
  'redis-aof': 'REDIS_AOF_URL',
  'redis-cluster': 'REDIS_CLUSTER_URL',
  'redis-sentinel': 'REDIS_SENTINEL_URL',
  'redis-server': 'MACHINERY_REDIS_SERVER',
  rabbitmq: 'AMQP_URL',
  'rabbitmq-server': 'MACHINERY_RABBITMQ_SERVER',
  go: 'MACHINERY_GO_INTEROP',
} as const

export type ServiceName = keyof typeof serviceVariables

/** What the environment says about a service, or nothing when it is not to be had. */
export function serviceAddress(service: ServiceName): string | undefined {
  return process.env[serviceVariables[service]] || undefined
}
