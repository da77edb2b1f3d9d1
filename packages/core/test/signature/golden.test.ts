import { describe, expect, test } from 'vitest'
import { InvalidSignatureError } from '../../src/errors/index.js'
import {
  decodeGroupMeta,
  decodeSignature,
  decodeTaskState,
  encodeGroupMeta,
  encodeSignatureText,
  encodeTaskState,
  RawNumber,
} from '../../src/signature/index.js'
import { goldenJson, goldenLines } from './golden.js'
import { bytes } from './samples.js'

describe('what Machinery in Go left on its servers', () => {
  test.each(goldenLines('signatures.txt'))('comes out of decoding and encoding byte for byte: %s', (line) => {
    expect(encodeSignatureText(decodeSignature(bytes(line)))).toBe(line)
  })

  test.each(goldenLines('task-states.txt'))('is the same state after decoding and encoding: %s', (line) => {
    expect(encodeTaskState(decodeTaskState(line))).toBe(line)
    expect(decodeTaskState(bytes(line))).toEqual(decodeTaskState(line))
  })

  test.each(goldenLines('groups.txt'))('is the same group after decoding and encoding: %s', (line) => {
    expect(encodeGroupMeta(decodeGroupMeta(line))).toBe(line)
    expect(decodeGroupMeta(bytes(line))).toEqual(decodeGroupMeta(line))
  })

  test('keeps a float that Go wrote as 1e21 as it was', () => {
    const line = goldenLines('signatures.txt').find((text) => text.includes('1e21')) ?? ''
    expect(decodeSignature(bytes(line)).args).toEqual([
      { type: 'int64', value: 9223372036854775807n },
      { type: 'float64', value: new RawNumber('1e21') },
    ])
  })
})

interface DecoderCase {
  readonly body?: string
  readonly base64?: string
  readonly text?: string
  readonly error?: string
}

/** Where we differ on purpose. `ours`: the text or the cause of the refusal. */
const differences = new Map<string, { readonly ours: RegExp; readonly why: string }>([
  ['{"OnSuccess":[null]}', { ours: /OnSuccess contains null/, why: 'it crashes the worker later' }],
  ['{"ETA":"2024-01-02T03:04:05,5Z"}', { ours: /cannot parse/, why: 'not RFC 3339' }],
  ['{"ETA":"2024-01-02T3:04:05Z"}', { ours: /cannot parse/, why: 'not RFC 3339' }],
  ['{"ETA":"2024-01-02T03:04:05+24:00"}', { ours: /offset hour out of range/, why: 'Go cannot write it again' }],
  ['{"ETA":"2024-01-02T03:04:05+23:60"}', { ours: /offset minute out of range/, why: 'Go cannot write it again' }],
  ['{"ETA":"2024-01-02T03:04:05.1234567899999Z"}', { ours: /\.1234567899999Z/, why: 'received text is kept' }],
  ['{"ETA":"2024-01-02T03:04:05+00:00"}', { ours: /05\+00:00/, why: 'received text is kept' }],
  ['{"ETA":"2024-01-02T03:04:05.120+01:00"}', { ours: /05\.120\+01:00/, why: 'received text is kept' }],
  ['{"ETA":"2024-02-29T00:00:00.000Z"}', { ours: /00\.000Z/, why: 'received text is kept' }],
  ['{"Headers":{"a":1,"b":{"x":[1.50]}}}', { ours: /"a":"1","b":"{\\"x\\":\[1.50\]}"/, why: 'AMQP carries text only' }],
  ['{"ſQSReceiptHandle":"x","BroKerMessageGroupId":"k"}', { ours: /"SQSReceiptHandle":""/, why: 'never sent on' }],
  ['{"UUID":"a","uuid":"b","UUID":"c"}', { ours: /"UUID":"b"/, why: 'JSON.parse moves "c" to the first place' }],
  ['{"UUID":"a","UUID":null}', { ours: /"UUID":""/, why: 'the last duplicate counts, null too' }],
  [
    '{"RetryCount":9223372036854775807}',
    { ours: /cannot unmarshal number 9223372036854775807/, why: 'no safe integer' },
  ],
])

/** What Go says in other words: about strange characters, and about parts of a time. */
const otherWords =
  /^(invalid character .*(\\x|'ï'|'ÿ'|'\\''|decimal point|escape code)|parsing time .* cannot parse "(t|\.)|.*Arg\.Args)/

describe('the decoder answers as the one of Go does', () => {
  for (const { body, base64, text, error } of goldenJson<DecoderCase[]>('go-decoder.json')) {
    const raw = base64 === undefined ? bytes(body ?? '') : Buffer.from(base64, 'base64')
    const { ours, why } = differences.get(body ?? '') ?? {}

    test(`to ${JSON.stringify(body ?? base64)}${why === undefined ? '' : `, but for: ${why}`}`, () => {
      const answer = attempt(raw)
      if (ours !== undefined) {
        expect(answer.text ?? answer.error).toMatch(ours)
        expect(answer).not.toEqual({ text: text && emptyListsAsNull(text), error })
      } else if (error === undefined) {
        expect(answer.text).toBe(emptyListsAsNull(text ?? ''))
      } else {
        expect(answer.error).toBeDefined()
        if (!otherWords.test(error)) expect(answer.error).toBe(error)
      }
    })
  }
})

function attempt(body: Uint8Array): { text?: string; error?: string } {
  try {
    return { text: encodeSignatureText(decodeSignature(body)) }
  } catch (error) {
    expect(error).toBeInstanceOf(InvalidSignatureError)
    return { error: (error as Error).message.replace(/^.*' into a task signature: /s, '') }
  }
}

/** Go keeps the difference between an empty list and none; it means nothing. */
function emptyListsAsNull(text: string): string {
  return text.replace(/"(Args|OnSuccess|OnError)":\[\]/g, '"$1":null')
}
