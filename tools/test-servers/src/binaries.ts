import { accessSync, constants } from 'node:fs'
import { delimiter, join } from 'node:path'
import { serviceAddress } from './services.js'

/** Where Debian and Homebrew keep the scripts that start RabbitMQ without switching the user. */
const rabbitMqDirectories = ['/usr/lib/rabbitmq/bin', '/opt/homebrew/sbin', '/usr/local/sbin']

/** The path of redis-server: from MACHINERY_REDIS_SERVER, else from PATH. */
export function findRedisServer(): string | undefined {
  return serviceAddress('redis-server') ?? findExecutable('redis-server', pathDirectories())
}

/** The path of RabbitMQ's server script: from MACHINERY_RABBITMQ_SERVER, else from where packages put it. */
export function findRabbitMqServer(): string | undefined {
  return serviceAddress('rabbitmq-server') ?? findExecutable('rabbitmq-server', rabbitMqDirectories)
}

/** The path of an executable file, searched for in order. */
export function findExecutable(name: string, directories: readonly string[]): string | undefined {
  return directories.map((directory) => join(directory, name)).find(isExecutable)
}

export function pathDirectories(): string[] {
  return (process.env.PATH ?? '').split(delimiter).filter((directory) => directory !== '')
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK)
    return true
  } catch {
    return false
  }
}
