import { describe, expect, test } from 'vitest'
import { decodeSignature, encodeSignature, encodeSignatureText, type Signature } from '../../src/signature/index.js'
import { Random } from './random.js'
import { addText, bytes, memberText, signature } from './samples.js'

/** What reading a body comes to: the signature, or the reason why it is none. */
function reading(body: Uint8Array, maxDepth?: number): unknown {
  try {
    return decodeSignature(body, maxDepth === undefined ? {} : { maxDepth })
  } catch (error) {
    return (error as Error).message
  }
}

/** Reads a body beside others that are remembered, and the general way. */
function expectSame(body: Uint8Array): void {
  expect(reading(body)).toEqual(reading(body, 2000))
}

describe('messages that look like one before', () => {
  test('are read as if there had been none', () => {
    const random = new Random(31)
    for (let i = 0; i < 400; i++) {
      const first = random.signature()
      expectSame(encodeSignature(first))
      for (let k = 0; k < 4; k++) {
        const args = random.list(4, () => random.arg())
        expectSame(encodeSignature({ ...first, uuid: random.text(), args }))
      }
    }
  })

  test('may differ in each of their bytes', () => {
    const random = new Random(32)
    for (const text of [addText, memberText]) {
      const original = bytes(text)
      for (let at = 0; at < original.length; at++) {
        decodeSignature(original)
        const body = Uint8Array.from(original)
        body[at] = random.pick([34, 44, 91, 92, 93, 123, 125, random.int(256)])
        expectSame(body)
      }
    }
  })

  test('may lack any piece of them', () => {
    for (const text of [addText, memberText]) {
      for (let at = 0; at < text.length; at++) {
        decodeSignature(bytes(text))
        for (const length of [1, 2, 40]) expectSame(bytes(text.slice(0, at) + text.slice(at + length)))
      }
    }
  })

  test('may carry what surrounds the arguments inside of them', () => {
    const plain = encodeSignatureText(signature({ uuid: 'one', args: [{ type: 'int64', value: 1 }] }))
    const from = plain.indexOf('[{"Name"')
    const tail = plain.slice(plain.indexOf(',"Headers"'))
    decodeSignature(bytes(plain))
    for (const args of [
      '[]',
      'null',
      '[',
      ']',
      '',
      '[{}]',
      '{"Name":"","Type":"int64","Value":1}',
      `[${tail}]`,
      '[[]]',
    ])
      expectSame(bytes(plain.slice(0, from) + args + tail))
    const item = '{"Name":"","Type":"int64","Value":1}'
    for (const args of [`[${item}${item}]`, `[${item}[${item}]`, `,${item}]`, `[${item},]`, `[,${item}]`, `[${item}]]`])
      expectSame(bytes(plain.slice(0, from) + args + tail))
  })

  test('share nothing with one another', () => {
    const read = (uuid: string): Signature =>
      decodeSignature(bytes(memberText.replace(/"UUID":"[^"]*"/, `"UUID":"${uuid}"`)))
    read('first')
    const second = read('second')
    second.headers = Object.assign(second.headers ?? {}, { changed: true })
    Object.assign(second.chordCallback as Signature, { name: 'changed' })
    Object.assign((second.chordCallback as Signature).headers ?? {}, { changed: true })
    const third = read('third')
    expect(third).toEqual(
      decodeSignature(bytes(memberText.replace(/"UUID":"[^"]*"/, '"UUID":"third"')), { maxDepth: 99 }),
    )
    expect(second.uuid).toBe('second')
  })
})
