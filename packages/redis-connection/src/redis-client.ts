import type { Cluster, Redis } from 'ioredis'

/** What commands are given to. */
export type RedisClient = Redis | Cluster
