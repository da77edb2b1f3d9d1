import { newSignature, type Server, type Signature } from '@machinery/core'
import type { GoProducer } from '@machinery-internal/interop'
import { beforeAll, describe, expect, test } from 'vitest'
import { describeFleet, newQueue } from './describe-fleet.js'

interface Case {
  readonly type: string
  /** As JSON, in the words of the wire. */
  readonly sent: string
  /** Default: the same. */
  readonly stored?: string
}

const ranges: Readonly<Record<string, readonly string[]>> = {
  bool: ['true', 'false'],
  int: ['0', '-9223372036854775808', '9223372036854775807', '9007199254740993'],
  int8: ['0', '-128', '127'],
  int16: ['0', '-32768', '32767'],
  int32: ['0', '-2147483648', '2147483647'],
  int64: ['0', '-9223372036854775808', '9223372036854775807', '-9007199254740993'],
  uint: ['0', '18446744073709551615', '9007199254740993'],
  uint8: ['0', '255'],
  uint16: ['0', '65535'],
  uint32: ['0', '4294967295'],
  uint64: ['0', '18446744073709551615', '9007199254740993'],
  float32: ['0', '-0', '0.1', '3.4028235e+38', '1e-45', '16777216'],
  float64: [
    '0',
    '-0',
    '0.1',
    '1.7976931348623157e+308',
    '5e-324',
    '1e+21',
    '100000000000000000000',
    '1e-7',
    '0.000001',
  ],
  string: ['""', '"é"', '"a\\u003cb"'],
}

const scalars: readonly Case[] = Object.entries(ranges).flatMap(([type, values]) =>
  values.map((sent) => ({ type, sent })),
)

const lists: readonly Case[] = Object.entries(ranges)
  .filter(([type]) => type !== 'uint8')
  .flatMap(([type, values]) => [
    { type: `[]${type}`, sent: `[${values.join(',')}]` },
    { type: `[]${type}`, sent: '[]' },
  ])

const bytes: readonly Case[] = [
  { type: '[]uint8', sent: '"AQL/"' },
  { type: '[]uint8', sent: '[1,2,255]', stored: '"AQL/"' },
  { type: '[]uint8', sent: '""' },
  { type: '[]byte', sent: '"AQL/"' },
]

describeFleet('every type of Go', (fleet) => {
  const queues = { go: newQueue(), ts: newQueue() }
  let ts: Server
  let go: GoProducer

  beforeAll(async () => {
    ts = fleet().tsServer(queues.ts)
    go = await fleet().goProducer('redigo', queues.ts)
    await fleet().goWorker('redigo', queues.go)
    fleet().tsWorker(queues.ts)
  })

  /** Stores a message as a producer of either side would, to the byte. */
  async function post(queue: string, { type, sent }: Case): Promise<string> {
    const uuid = `echo-${queue}-${type}-${sent}`
    const task = `echo_${type === '[]byte' ? '[]uint8' : type}`
    const body = `{"UUID":${JSON.stringify(uuid)},"Name":"${task}","RoutingKey":"${queue}","ETA":null,"Args":[{"Name":"","Type":"${type}","Value":${sent}}]}`
    await fleet().client.rpush(queue, body)
    return uuid
  }

  describe.each(['go', 'ts'] as const)('a worker in %s', (side) => {
    test.each([...scalars, ...lists, ...bytes])('gives back $type $sent', async (one) => {
      const uuid = await post(queues[side], one)
      const fromGo = await go.get([uuid])
      expect(fromGo).toHaveLength(1)
      const type = one.type === '[]byte' ? '[]uint8' : one.type
      expect(fromGo[0]?.Type).toBe(type)
      // As it is stored: parsed, 64 bits would not survive.
      const record = await fleet().client.get(uuid)
      const results = /"Results":(\[.*\]),"Error"/.exec(record ?? '')?.[1]
      expect(results).toBe(`[{"Type":"${type}","Value":${one.stored ?? one.sent}}]`)
      const value: unknown = await ts.asyncResult(uuid).get({ timeout: '15s' })
      expect(value).toEqual(toValue(type, one.sent))
    })
  })

  test('a bigint from here arrives in Go with all its digits, and comes back', async () => {
    const one: Signature = {
      ...newSignature('echo_int64', [{ type: 'int64', value: 2n ** 63n - 1n }]),
      routingKey: queues.go,
    }
    expect(await (await ts.sendTask(one)).get({ timeout: '15s' })).toBe(2n ** 63n - 1n)
  })

  test('a narrow integer that is too large wraps in Go, and is refused here', async () => {
    const inGo = await post(queues.go, { type: 'int8', sent: '300' })
    expect(await go.get([inGo])).toEqual([{ Type: 'int8', Value: 44 }])
    const here = await post(queues.ts, { type: 'int8', sent: '300' })
    await expect(go.get([here])).rejects.toThrow('value out of range')
  })
})

/** What a handle of this library gives for a literal of the wire. */
function toValue(type: string, literal: string): unknown {
  if (type === '[]uint8') {
    const value: unknown = JSON.parse(literal)
    return typeof value === 'string' ? new Uint8Array(Buffer.from(value, 'base64')) : Uint8Array.from(value as number[])
  }
  if (type.startsWith('[]')) {
    const items = literal.slice(1, -1)
    return items === '' ? [] : items.split(',').map((item) => toValue(type.slice(2), item))
  }
  if (!/int/.test(type)) return type === 'float32' ? Number(literal) : JSON.parse(literal)
  const value = BigInt(literal)
  return value === BigInt(Number(value)) && Number.isSafeInteger(Number(value)) ? Number(value) : value
}
