import { rabbitMqServer, redisServer } from './binaries.mjs'
import { go } from './go.mjs'
import { rabbitMq } from './rabbitmq.mjs'
import { redis } from './redis.mjs'
import { redisAof } from './redis-aof.mjs'
import { redisCluster } from './redis-cluster.mjs'
import { redisSentinel } from './redis-sentinel.mjs'

/** Every server that tests can ask for. @type {readonly import('./service.mjs').Service[]} */
export const services = [redis, redisAof, redisCluster, redisSentinel, redisServer, rabbitMq, rabbitMqServer, go]
