import { findRabbitMqServer, findRedisServer } from '@machinery-internal/test-servers'

// Not servers but their binaries, for tests that start, kill and restart servers themselves.

/** @type {import('./service.mjs').Service} */
export const redisServer = {
  name: 'redis-server',
  debian: 'redis-server',
  find: findRedisServer,
  start: async () => binary('MACHINERY_REDIS_SERVER', findRedisServer()),
}

/** @type {import('./service.mjs').Service} */
export const rabbitMqServer = {
  name: 'rabbitmq-server',
  debian: 'rabbitmq-server',
  find: findRabbitMqServer,
  start: async () => binary('MACHINERY_RABBITMQ_SERVER', findRabbitMqServer()),
}

/**
 * @param {string} variable
 * @param {string | undefined} path
 * @returns {import('./service.mjs').Running}
 */
function binary(variable, path = '') {
  return { variables: { [variable]: path }, stop: async () => {} }
}
