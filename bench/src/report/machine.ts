import { readFile } from 'node:fs/promises'
import { arch, availableParallelism, cpus, platform } from 'node:os'
import type { Machine } from './results.js'

/** What was compared: its name in the results, and the package whose version counts. */
const compared = {
  machinery: '@machinery/core',
  bullmq: 'bullmq',
  'bee-queue': 'bee-queue',
  ioredis: 'ioredis',
  amqplib: 'amqplib',
}

/** @param servers versions of the servers that took part */
export function describeMachine(servers: Pick<Machine, 'redis' | 'rabbitmq'>): Machine {
  return {
    cpu: cpus()[0]?.model.trim() ?? 'unknown',
    cores: availableParallelism(),
    os: `${platform()} ${arch()}`,
    node: process.versions.node,
    ...servers,
  }
}

export async function readVersions(): Promise<Readonly<Record<string, string>>> {
  const versions = Object.entries(compared).map(async ([name, pkg]) => {
    const file = new URL(`../../node_modules/${pkg}/package.json`, import.meta.url)
    const { version } = JSON.parse(await readFile(file, 'utf8')) as { version: string }
    return [name, version] as const
  })
  return Object.fromEntries(await Promise.all(versions))
}
