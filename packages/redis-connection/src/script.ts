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
export function runScript(...call: ScriptCall): Promise<unknown> {
  return run('call', ...call)
}

/** The same, with `Buffer`s for the strings in the answer. */
export function runScriptForBuffers(...call: ScriptCall): Promise<unknown> {
  return run('callBuffer', ...call)
}

type ScriptCall = readonly [
  client: RedisClient,
  script: RedisScript,
  keys: readonly (string | Buffer)[],
  args?: readonly ScriptArgument[],
]

function run(method: 'call' | 'callBuffer', ...[client, script, keys, args = []]: ScriptCall): Promise<unknown> {
  if (script.keys !== 'any' && script.keys !== keys.length) {
    throw new TypeError(`The script takes ${script.keys} keys, got ${keys.length}.`)
  }
  const rest = [keys.length, ...keys, ...args]
  return client[method]('evalsha', script.sha1, ...rest).catch((error: unknown) => {
    if (!isUnknownScript(error)) throw error
    return client[method]('eval', script.lua, ...rest)
  })
}

/** The server forgot it, or never saw it: after a restart, a failover or SCRIPT FLUSH. It did nothing yet. */
function isUnknownScript(error: unknown): boolean {
  return error instanceof Error && error.message.startsWith('NOSCRIPT')
}
