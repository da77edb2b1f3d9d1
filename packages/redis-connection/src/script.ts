import { createHash } from 'node:crypto'
import type { RedisClient } from './redis-client.js'

/** A Lua script that servers keep under its SHA-1. */
export interface RedisScript {
  /** How many keys it takes; `'any'`: that depends on the call. */
  readonly keys: number | 'any'
  readonly lua: string
  readonly sha1: string
}

export type ScriptArgument = string | number | Buffer

export function defineScript({ keys, lua }: { readonly keys: number | 'any'; readonly lua: string }): RedisScript {
  return { keys, lua, sha1: createHash('sha1').update(lua).digest('hex') }
}

/**
 * Runs a script, by its SHA-1 where the server knows it. In a cluster all keys must lie in one slot.
 * Strings in the answer are text; see `runScriptForBuffers`.
 */
export function runScript(
  client: RedisClient,
  script: RedisScript,
  keys: readonly (string | Buffer)[],
  args: readonly ScriptArgument[] = [],
): Promise<unknown> {
  const { count, rest } = argumentsOf(script, keys, args)
  return client.call('evalsha', script.sha1, count, ...rest).catch((error: unknown) => {
    if (!isUnknownScript(error)) throw error
    return client.call('eval', script.lua, count, ...rest)
  })
}

/** The same, with `Buffer`s for the strings in the answer. */
export function runScriptForBuffers(
  client: RedisClient,
  script: RedisScript,
  keys: readonly (string | Buffer)[],
  args: readonly ScriptArgument[] = [],
): Promise<unknown> {
  const { count, rest } = argumentsOf(script, keys, args)
  return client.callBuffer('evalsha', script.sha1, count, ...rest).catch((error: unknown) => {
    if (!isUnknownScript(error)) throw error
    return client.callBuffer('eval', script.lua, count, ...rest)
  })
}

function argumentsOf(
  script: RedisScript,
  keys: readonly (string | Buffer)[],
  args: readonly ScriptArgument[],
): { count: number; rest: ScriptArgument[] } {
  if (script.keys !== 'any' && script.keys !== keys.length) {
    throw new TypeError(`The script takes ${script.keys} keys, got ${keys.length}.`)
  }
  return { count: keys.length, rest: [...keys, ...args] }
}

/** The server forgot it, or never saw it: after a restart, a failover or SCRIPT FLUSH. It did nothing yet. */
function isUnknownScript(error: unknown): boolean {
  return error instanceof Error && error.message.startsWith('NOSCRIPT')
}
