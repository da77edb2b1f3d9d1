import { describe, expect, test } from 'vitest'
import { InvalidSignatureError, isMachineryError } from '../../src/errors/index.js'
import {
  decodeSignature,
  emptySignature,
  encodeSignature,
  encodeSignatureText,
  peekRoutingKey,
  RawNumber,
  type Signature,
  WireDate,
} from '../../src/signature/index.js'
import { Random } from './random.js'
import {
  addSignature,
  addText,
  bytes,
  chainSignature,
  chainText,
  memberSignature,
  memberText,
  signature,
} from './samples.js'

function decode(text: string): Signature {
  return decodeSignature(bytes(text))
}

/** The same body, read the general way. */
function decodeGenerally(body: Uint8Array): Signature {
  return decodeSignature(body, { maxDepth: 2000 })
}

describe('a signature as Go writes it', () => {
  test.each([
    ['a task', addText, addSignature],
    ['a chain', chainText, chainSignature],
    ['a member of a chord', memberText, memberSignature],
  ])('is read: %s', (_, text, expected) => {
    expect(decode(text)).toEqual(expected)
    expect(decodeGenerally(bytes(text))).toEqual(expected)
  })

  test('fills every field', () => {
    const full: Signature = {
      ...addSignature,
      eta: new WireDate(1893553445678, '2030-01-02T03:04:05.678901234Z'),
      groupUuid: 'g',
      groupTaskCount: 3,
      args: [{ name: 'x', type: 'string', value: 'v' }],
      headers: { a: 'b', t: true, n: null },
      priority: 7,
      immutable: true,
      retryCount: 5,
      retryTimeout: 8,
      brokerMessageGroupId: 'm',
      stopTaskDeletionOnError: true,
      ignoreWhenTaskNotRegistered: true,
    }
    const body = bytes(encodeSignatureText(full).replace('"SQSReceiptHandle":""', '"SQSReceiptHandle":"r"'))
    expect(decodeSignature(body)).toEqual({ ...full, sqsReceiptHandle: 'r' })
    expect(decodeGenerally(body)).toEqual({ ...full, sqsReceiptHandle: 'r' })
  })

  test('is not confused by arguments and headers that look like signatures', () => {
    const [head = '', tail = ''] = memberText.split('"Value":1}')
    const callback = memberText.slice(memberText.indexOf('{"UUID":"chord_x"'), memberText.lastIndexOf('},"Broker') + 1)
    const bodies = [
      `${head}"Value":${addText}}${tail}`,
      `${head}"Value":{"a":1,"ChordCallback":${callback},"BrokerMessageGroupId":""}}${tail}`,
      `${head}"Value":{"a":1,"ChordCallback":null}}${tail}`,
      addText.replace('"Value":1}', `"Value":${memberText}}`),
      addText.replace('"Value":1}', `"Value":{"a":1,"ChordCallback":${callback},"BrokerMessageGroupId":""}}`),
      addText.replace('"Headers":{}', `"Headers":{"a":"1","ChordCallback":${callback},"BrokerMessageGroupId":""}`),
    ]
    for (const body of bodies) expect(decode(body)).toEqual(decodeGenerally(bytes(body)))
    expect(decode(bodies[4] ?? '').chordCallback).toBeNull()
    expect(decode(bodies[5] ?? '').chordCallback).toBeNull()
    expect(() => decode(memberText.replace('"chord_x"', '1'))).toThrow('Signature.ChordCallback.UUID of type string')
  })

  test('is read the same way whether or not it is an ordinary one', () => {
    const random = new Random(3)
    for (let i = 0; i < 3000; i++) {
      const body = encodeSignature(random.signature())
      expect(decodeSignature(body)).toEqual(decodeGenerally(body))
    }
  })
})

describe('tolerance', () => {
  const filled = { uuid: 'x', name: 'add', args: [{ type: 'int64', value: 1 }] }

  test('keys are matched without regard to case', () => {
    expect(decode('{"uuid":"x","name":"add","args":[{"type":"int64","value":1}]}')).toEqual({
      ...emptySignature(),
      ...filled,
    })
    expect(decode('{"UuId":"x","NAME":"add","aRGS":[{"TYPE":"int64","VALUE":1}]}')).toEqual({
      ...emptySignature(),
      ...filled,
    })
  })

  test('unknown keys are ignored, even as they are lost', () => {
    expect(decode(addText.replace('{"UUID"', '{"Foo":1,"UUID"'))).toEqual(addSignature)
    expect(decode(addText.replace('"Value":1}', '"Value":1,"Foo":[{}]}'))).toEqual(addSignature)
  })

  test('the last duplicate counts', () => {
    expect(decode('{"UUID":"a","UUID":"b"}').uuid).toBe('b')
    expect(decode('{"UUID":"a","uuid":"b"}').uuid).toBe('b')
    expect(decode('{"Args":[{"Type":"int64","type":"string"}]}').args).toEqual([{ type: 'string', value: null }])
    const tail = addText.slice(addText.indexOf('"Priority"'))
    expect(decode(`{"Args":[],"Headers":{},"X":[],"Headers":{},${tail}`).headers).toEqual({})
  })

  test('a duplicate behind brackets does not confuse the reader of ordinary messages', () => {
    const body = addText.replace('"Headers":{},', '"Headers":{},"X":[],"Headers":{"a":"b"},')
    expect(decode(body)).toEqual({ ...addSignature, headers: { a: 'b' } })
  })

  test.each([
    '{}',
    'null',
    ' null ',
    'null x',
    '{"Args":null,"Headers":null,"OnSuccess":[],"OnError":null,"UUID":null,"Name":null}',
  ])('missing, null and empty are the zero value: %s', (text) => {
    expect(decode(text)).toEqual(emptySignature())
  })

  test('headers that are null stay apart from empty ones', () => {
    expect(decode(addText.replace('"Headers":{}', '"Headers":null')).headers).toBeNull()
    expect(decode('{"Headers":{}}').headers).toEqual({})
  })

  test('an argument that is null is one without a type', () => {
    expect(decode('{"Args":[null]}').args).toEqual([{ type: '', value: null }])
  })

  test('what follows the first value is ignored', () => {
    expect(decode('{"UUID":"a"}{"UUID":"b"}').uuid).toBe('a')
    expect(decode(`${addText}garbage`)).toEqual(addSignature)
    expect(decode(`  ${addText}\n`)).toEqual(addSignature)
  })

  test('invalid UTF-8 becomes the replacement character', () => {
    expect(decodeSignature(new Uint8Array([...bytes('{"Name":"a'), 0xff, ...bytes('b"}')])).name).toBe('a\ufffdb')
    expect(decode('{"Name":"\\ud800"}').name).toBe('\ufffd')
  })

  test('headers that are not text become their JSON text', () => {
    const { headers } = decode('{"Headers":{"n":9007199254740993,"o":{"b":1.50,"a":[]},"s":"x","t":true,"z":null}}')
    expect(headers).toEqual({ n: '9007199254740993', o: '{"a":[],"b":1.50}', s: 'x', t: true, z: null })
  })

  test('counters may be negative, as Go allows', () => {
    expect(decode('{"RetryCount":-5,"RetryTimeout":-0}')).toEqual({ ...emptySignature(), retryCount: -5 })
  })
})

describe('numbers', () => {
  test.each([
    ['9223372036854775807', 9223372036854775807n],
    ['-9223372036854775808', -9223372036854775808n],
    ['18446744073709551615', 18446744073709551615n],
    ['9007199254740993', 9007199254740993n],
    ['1.50', new RawNumber('1.50')],
    ['1.0', new RawNumber('1.0')],
    ['1e3', new RawNumber('1e3')],
    ['2.5', 2.5],
    ['-17', -17],
  ])('%s keeps its digits through reading and writing', (literal, value) => {
    const text = addText.replace('"Value":1}', `"Value":${literal}}`).replaceAll('"int64"', '"float64"')
    expect(decode(text).args[0]?.value).toEqual(value)
    expect(encodeSignatureText(decode(text))).toBe(text)
    const callback = chainText.replace('"int64","Value":4', `"float64","Value":[${literal},{"x":${literal}}]`)
    expect(encodeSignatureText(decode(callback))).toBe(callback)
  })
})

describe('ETA', () => {
  test('keeps its text to the nanosecond when it is only forwarded', () => {
    const text = addText.replace('"ETA":null', '"ETA":"2030-01-02T03:04:05.678901234Z"')
    const decoded = decode(text)
    expect(decoded.eta?.getTime()).toBe(Date.UTC(2030, 0, 2, 3, 4, 5, 678))
    expect(encodeSignatureText(decoded)).toBe(text)
  })

  test('that was moved is written anew', () => {
    const decoded = decode('{"ETA":"2030-01-02T03:04:05.678901234+01:00"}')
    decoded.eta?.setUTCMilliseconds(120)
    expect(encodeSignatureText(decoded)).toContain('"ETA":"2030-01-02T02:04:05.12Z"')
  })
})

describe('a body that is not a signature', () => {
  test.each([
    ['', 'EOF'],
    ['  ', 'EOF'],
    ['"str"', 'json: cannot unmarshal string into Go value of type tasks.Signature'],
    ['[]', 'json: cannot unmarshal array into Go value of type tasks.Signature'],
    ['5', 'json: cannot unmarshal number into Go value of type tasks.Signature'],
    ['1.50', 'json: cannot unmarshal number into Go value of type tasks.Signature'],
    ['true', 'json: cannot unmarshal bool into Go value of type tasks.Signature'],
    ['{"Priority":300}', 'json: cannot unmarshal number 300 into Go struct field Signature.Priority of type uint8'],
    ['{"Priority":-1}', 'json: cannot unmarshal number -1 into Go struct field Signature.Priority of type uint8'],
    ['{"Priority":-0}', 'json: cannot unmarshal number -0 into Go struct field Signature.Priority of type uint8'],
    ['{"GroupTaskCount":1.0}', 'number 1.0 into Go struct field Signature.GroupTaskCount of type int'],
    ['{"RetryCount":1e3}', 'number 1e3 into Go struct field Signature.RetryCount of type int'],
    ['{"ETA":""}', 'parsing time "" as "2006-01-02T15:04:05Z07:00": cannot parse "" as "2006"'],
    ['{"ETA":"2024-01-02T03:04:05"}', 'cannot parse "" as "Z07:00"'],
    ['{"ETA":5}', 'Time.UnmarshalJSON: input is not a JSON string'],
    ['{"Immutable":1}', 'cannot unmarshal number into Go struct field Signature.Immutable of type bool'],
    ['{"Args":{}}', 'cannot unmarshal object into Go struct field Signature.Args of type []tasks.Arg'],
    ['{"Args":[5]}', 'cannot unmarshal number into Go struct field Signature.Args of type tasks.Arg'],
    ['{"Args":[{"Type":1}]}', 'cannot unmarshal number into Go struct field Signature.Args.Type of type string'],
    ['{"Headers":[]}', 'cannot unmarshal array into Go struct field Signature.Headers of type tasks.Headers'],
    ['{"OnSuccess":[null]}', 'Signature.OnSuccess contains null'],
    ['{"OnError":[{"OnSuccess":[null]}]}', 'Signature.OnError.OnSuccess contains null'],
    ['{"OnError":[1.50]}', 'cannot unmarshal number into Go struct field Signature.OnError of type tasks.Signature'],
    ['{"ChordCallback":{"Priority":300}}', 'Go struct field Signature.ChordCallback.Priority of type uint8'],
    [
      '{"ChordCallback":"x"}',
      'cannot unmarshal string into Go struct field Signature.ChordCallback of type tasks.Signature',
    ],
    [addText.slice(0, 100), 'unexpected EOF'],
    [addText.slice(0, -1), 'unexpected EOF'],
    [addText.replace('"Value":1}', '"Value":x}'), "invalid character 'x' looking for beginning of value"],
    [addText.replace('"Priority":0', '"Priority":256'), 'number 256 into Go struct field Signature.Priority'],
    [addText.replace('"ETA":null', '"ETA":"2024-02-30T00:00:00Z"'), 'day out of range'],
    ['\ufeff{}', 'invalid character'],
  ])('%j is refused with the cause', (text, cause) => {
    expect(() => decode(text)).toThrow(InvalidSignatureError)
    expect(() => decode(text)).toThrow(cause)
  })

  test('is named in the error, cut to 200 characters', () => {
    expect(() => decode('"str"')).toThrow(
      `Could not unmarshal '"str"' into a task signature: json: cannot unmarshal string into Go value of type tasks.Signature`,
    )
    expect(() => decode(`"${'x'.repeat(1000)}"`)).toThrow(/^Could not unmarshal '"x{199}' into a task signature: /)
    expect(() => decode(`"${'😀'.repeat(1000)}"`)).toThrow(/^Could not unmarshal '"(😀){99}\ufffd' into/u)
  })

  test('is refused with a code and a cause', () => {
    try {
      decode('')
      expect.unreachable()
    } catch (error) {
      expect(isMachineryError(error, 'MACHINERY_INVALID_SIGNATURE')).toBe(true)
      expect((error as Error).cause).toBeInstanceOf(SyntaxError)
    }
  })
})

describe('a hostile body', () => {
  test('of 100 000 levels is refused quickly', () => {
    const started = performance.now()
    for (const [open, close] of [
      ['[', ']'],
      ['{"OnSuccess":[', ']}'],
      ['{"a":', '}'],
    ] as const) {
      const deep = open.repeat(100_000)
      expect(() => decode(`{"Args":${deep}`)).toThrow(/exceeded max depth/)
      expect(() => decode(`{"Args":${deep}1.50${close.repeat(100_000)}}`)).toThrow(/exceeded max depth/)
    }
    expect(performance.now() - started).toBeLessThan(2000)
  })

  test('of callbacks that nest too deep is refused, and a long chain is read', () => {
    const chain = (steps: number): Uint8Array =>
      bytes(`${'{"OnSuccess":['.repeat(steps)}{"Args":[{"Value":1.50}]}${']}'.repeat(steps)}`)
    let depth = 0
    for (let s: Signature | undefined = decodeSignature(chain(1000)); s?.onSuccess.length; s = s.onSuccess[0]) depth++
    expect(depth).toBe(1000)
    expect(() => decodeSignature(chain(1001))).toThrow(/callbacks nest deeper than 1000/)
    expect(() => decodeSignature(chain(5000))).toThrow(/exceeded max depth 2210/)
    expect(() => decodeSignature(chain(5), { maxDepth: 6 })).toThrow(/exceeded max depth 6/)
  })

  test('of more than 16 MiB is refused without being read, and one of 16 MiB is read', () => {
    const body = (size: number): Uint8Array => {
      const [head = '', tail = ''] = addText.split('machinery_tasks')
      return bytes(head + 'x'.repeat(size - head.length - tail.length) + tail)
    }
    expect(decodeSignature(body(16 * 2 ** 20)).args).toEqual(addSignature.args)
    const error = refusal(body(16 * 2 ** 20 + 1))
    expect(error.message).toContain('it has 16777217 bytes, and at most 16777216 are read')
    expect(error.message.length).toBeLessThan(400)
    expect(() => decodeSignature(bytes(addText), { maxBytes: 100 })).toThrow(`it has ${addText.length} bytes`)
  })

  test('cannot pollute prototypes', () => {
    const decoded = decode(
      '{"__proto__":{"uuid":"evil","polluted":1},"constructor":{"prototype":{"polluted":1}},"Name":"x",' +
        '"Headers":{"__proto__":"h","constructor":"c","n":1},"Args":[{"Type":"t","Value":{"__proto__":{"polluted":1.50}}}]}',
    )
    expect(decoded.uuid).toBe('')
    expect(decoded.name).toBe('x')
    expect('polluted' in {}).toBe(false)
    expect(Object.keys(decoded.headers ?? {})).toEqual(['__proto__', 'constructor', 'n'])
    expect(Object.getPrototypeOf(decoded.headers)).toBe(Object.prototype)
    expect(encodeSignatureText(decoded)).toContain('"Headers":{"__proto__":"h","constructor":"c","n":"1"}')
    expect(encodeSignatureText(decoded)).toContain('"Value":{"__proto__":{"polluted":1.50}}')
  })

  test('truncated anywhere is refused, and never read as something else', () => {
    for (const text of [addText, chainText, memberText]) {
      for (let length = 0; length < text.length; length++)
        expect(() => decode(text.slice(0, length))).toThrow(InvalidSignatureError)
    }
  })

  test('with any byte changed is read or refused, never more', () => {
    const random = new Random(11)
    const original = encodeSignature(
      signature({ args: [{ type: '[]float64', value: [1.5, 2n ** 60n] }], headers: { a: 'é' } }),
    )
    for (let i = 0; i < 5000; i++) {
      const body = Uint8Array.from(original)
      body[random.int(body.length)] = random.int(256)
      try {
        decodeSignature(body)
      } catch (error) {
        if (!(error instanceof InvalidSignatureError)) throw error
      }
    }
  })

  test('that repeats the brackets of an ordinary one takes linear time', () => {
    const head = addText.slice(0, addText.indexOf('"Args":') + 8)
    const started = performance.now()
    for (const piece of ['],"Headers":{', '],"Headers":{},"Priority":0,', '{"Name":"","Type":"","Value":1},']) {
      expect(() => decode(head + piece.repeat(50_000))).toThrow(InvalidSignatureError)
    }
    expect(performance.now() - started).toBeLessThan(2000)
  })
})

describe('peekRoutingKey', () => {
  test.each([
    [addText, 'machinery_tasks'],
    ['{"routingkey":"q","Priority":300}', 'q'],
    ['{}', ''],
    ['null', ''],
    ['{"RoutingKey":null}', ''],
    ['{"RoutingKey":5}', undefined],
    ['[]', undefined],
    ['', undefined],
    ['{"RoutingKey":"q"', undefined],
    ['['.repeat(100_000), undefined],
  ])('of %.40s is %s', (text, key) => {
    expect(peekRoutingKey(bytes(text))).toBe(key)
  })
})

function refusal(body: Uint8Array): Error {
  try {
    decodeSignature(body)
  } catch (error) {
    return error as Error
  }
  throw new Error('The body was read.')
}
