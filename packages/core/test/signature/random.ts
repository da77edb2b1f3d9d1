import { emptySignature, parseTime, RawNumber, type Signature, type SignatureArg } from '../../src/signature/index.js'

/** Repeatable pseudo-random values: tests that fail must fail again. */
export class Random {
  #state: number

  constructor(seed: number) {
    this.#state = seed
  }

  next(): number {
    this.#state = (this.#state * 1664525 + 1013904223) >>> 0
    return this.#state / 2 ** 32
  }

  int(below: number): number {
    return Math.floor(this.next() * below)
  }

  pick<T>(list: readonly T[]): T {
    return list[this.int(list.length)] as T
  }

  list<T>(below: number, make: () => T): T[] {
    return Array.from({ length: this.int(below) }, make)
  }

  text(): string {
    const parts = [
      'a',
      'Z',
      '0',
      '"',
      '\\',
      '/',
      '<',
      '&',
      '\n',
      '\u0000',
      '\u007f',
      'é',
      '\u2028',
      '😀',
      '\uffff',
      ']',
      '{',
    ]
    return this.list(6, () => this.pick([...parts, '__proto__', '],"Headers":{}', '"}],'])).join('')
  }

  number(): unknown {
    const raw = ['1.50', '1e3', '-0.0', '1E+400', '123456789012345678901234567890', '0.00000001']
    return this.pick<() => unknown>([
      () => this.int(1000) - 500,
      () => this.next() * 1e22,
      () => this.next() * 1e-8,
      () => -0,
      () => 2n ** 64n - 1n,
      () => -(2n ** 63n),
      () => 9007199254740993n,
      () => new RawNumber(this.pick(raw)),
    ])()
  }

  value(depth = 0): unknown {
    return this.pick<() => unknown>([
      () => this.number(),
      () => this.text(),
      () => null,
      () => this.next() < 0.5,
      () => (depth > 3 ? 1 : this.list(4, () => this.value(depth + 1))),
      () => (depth > 3 ? 1 : Object.fromEntries(this.list(4, () => [this.text(), this.value(depth + 1)]))),
    ])()
  }

  arg(): SignatureArg {
    const arg = this.pick<() => SignatureArg>([
      () => ({ type: 'int64', value: this.pick([this.int(1e6), -this.int(1e15), 2n ** 63n - 1n]) }),
      () => ({ type: 'string', value: this.text() }),
      () => ({ type: 'float64', value: this.number() }),
      () => ({ type: '[]string', value: this.pick([null, this.list(4, () => this.text())]) }),
      () => ({ type: '[]int64', value: this.list(4, () => this.int(1e9)) }),
      () => ({ type: 'map[string]int', value: this.value() }),
    ])()
    return this.next() < 0.2 ? { name: this.text(), ...arg } : arg
  }

  signature(depth = 0): Signature {
    const callbacks = (): Signature[] =>
      depth < 3 && this.next() < 0.3 ? this.list(3, () => this.signature(depth + 1)) : []
    const headers = Object.fromEntries(this.list(4, () => [this.text(), this.pick([this.text(), true, null])]))
    const times = ['2030-01-02T03:04:05.678901234Z', '2024-01-02T03:04:05+01:00', '0001-01-01T00:00:00Z']
    return {
      ...emptySignature(),
      uuid: this.text(),
      name: this.text(),
      routingKey: this.text(),
      eta: this.pick([null, null, parseTime(this.pick(times)), new Date(this.int(4e12))]),
      groupUuid: this.pick(['', this.text()]),
      groupTaskCount: this.pick([0, this.int(1e6)]),
      args: this.list(4, () => this.arg()),
      headers: this.pick([null, {}, headers]),
      priority: this.pick([0, this.int(256)]),
      immutable: this.next() < 0.3,
      retryCount: this.pick([0, this.int(10)]),
      retryTimeout: this.pick([0, this.int(1e9)]),
      onSuccess: callbacks(),
      onError: callbacks(),
      chordCallback: depth < 3 && this.next() < 0.2 ? this.signature(depth + 1) : null,
      brokerMessageGroupId: this.pick(['', this.text()]),
      stopTaskDeletionOnError: this.next() < 0.2,
      ignoreWhenTaskNotRegistered: this.next() < 0.2,
    }
  }
}
