import {
  type AnyDescriptor,
  bigint,
  defineTask,
  encodeSignature,
  int,
  list,
  RetryTaskLater,
  rest,
  type Server,
  string,
  taskContext,
} from '@machinery/core'
import type { Redis } from 'ioredis'
import { goTypes } from './go-types.js'

/** The tasks of both sides; go/tasks.go has the same, and Go's types. */
export const add = defineTask('add', { args: [rest(int)], result: int })
export const multiply = defineTask('multiply', { args: [rest(int)], result: int })
export const sum = defineTask('sum', { args: [list(int)], result: int })
/** Its arguments, in order. */
export const listed = defineTask('list', { args: [rest(int)], result: list(int) })
export const concat = defineTask('concat', { args: [list(string)], result: string })
export const join = defineTask('join', { args: [rest(string)], result: string })
export const two = defineTask('two', { result: [int, string] })
/** Takes what `two` returns, after an argument of its own. */
export const pair = defineTask('pair', { args: [string, int, string], result: string })
export const none = defineTask('none')
export const fail = defineTask('fail', { args: [string] })
/** Fails so many times, counted by its key. */
export const failN = defineTask('fail_n', { args: [string, int], result: string })
/** Asks to be run again after some milliseconds, so many times, counted by its key. */
export const later = defineTask('later', { args: [string, int, int], result: string })
/** Ends when so many of its key have begun. */
export const meet = defineTask('meet', { args: [string, int], result: int })
export const panic = defineTask('panic', { result: string })
/** When it ran, in nanoseconds since the epoch. */
export const now = defineTask('now', { result: bigint })
/** The headers it came with, as JSON. */
export const headers = defineTask('headers', { result: string })
/** The signature it came with, as JSON. */
export const signature = defineTask('signature', { result: string })
export const sleep = defineTask('sleep', { args: [int] })
/** Answers its second argument, after as many milliseconds as the first says. */
export const slowAdd = defineTask('slow_add', { args: [int, int], result: int })

/** `echo_<type>`: answers its argument. */
export const echoes: ReadonlyMap<string, ReturnType<typeof echoOf>> = new Map(
  [...goTypes].map(([name, descriptor]) => [name, echoOf(descriptor)]),
)

function echoOf(descriptor: AnyDescriptor) {
  return defineTask(`echo_${descriptor.goType}`, { args: [descriptor], result: descriptor })
}

/** Tasks that a worker may do without. */
export type Omitted = readonly ('add' | 'multiply')[]

/**
 * Registers all tasks but those in `omit`.
 * @param ledger where tasks count what all processes share
 */
export function registerTasks(server: Server, ledger: Redis, omit: Omitted = []): void {
  const count = (key: string): Promise<number> => ledger.incr(`interop:count:${key}`)

  if (!omit.includes('add')) server.registerTask(add, (...v) => v.reduce((a, b) => a + b, 0))
  if (!omit.includes('multiply')) server.registerTask(multiply, (...v) => v.reduce((a, b) => a * b, 1))
  server.registerTask(sum, (v) => v.reduce((a, b) => a + b, 0))
  server.registerTask(listed, (...v) => v)
  server.registerTask(concat, (v) => v.join(''))
  server.registerTask(join, (...v) => v.join('|'))
  server.registerTask(two, () => [7, 'x'])
  server.registerTask(pair, (a, b, c) => `${a}${b}${c}`)
  server.registerTask(none, () => {})
  server.registerTask(fail, (text) => {
    throw new Error(text)
  })
  server.registerTask(failN, async (key, n) => {
    const attempt = await count(key)
    if (attempt <= n) throw new Error(`attempt ${attempt}`)
    return 'ok'
  })
  server.registerTask(later, async (key, ms, n) => {
    if ((await count(key)) <= n) throw new RetryTaskLater({ delayMs: ms, message: 'later' })
    return 'ok'
  })
  server.registerTask(meet, async (key, n) => {
    let begun = await count(key)
    while (begun < n) {
      await delay(2)
      begun = Number(await ledger.get(`interop:count:${key}`))
    }
    return n
  })
  server.registerTask(panic, () => {
    throw new Error('oops')
  })
  server.registerTask(now, () => BigInt(Date.now()) * 1_000_000n)
  server.registerTask(headers, () => JSON.stringify(taskContext().signature.headers))
  server.registerTask(signature, () => Buffer.from(encodeSignature(taskContext().signature)).toString())
  server.registerTask(sleep, (ms) => delay(ms))
  server.registerTask(slowAdd, async (ms, v) => {
    await delay(ms)
    return v
  })
  for (const echo of echoes.values()) server.registerTask(echo, (value) => value as never)
}

function delay(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms))
}
