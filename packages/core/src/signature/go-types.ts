type BaseType =
  | 'bool'
  | 'int'
  | 'int8'
  | 'int16'
  | 'int32'
  | 'int64'
  | 'uint'
  | 'uint8'
  | 'uint16'
  | 'uint32'
  | 'uint64'
  | 'float32'
  | 'float64'
  | 'string'

/** The types that arguments and results can have, by their names in Go. Nothing else can be read by a worker in Go. */
export type GoType = BaseType | `[]${BaseType}` | '[]byte'

/** What is known about a type; of its elements, for lists. */
export interface GoTypeFacts {
  readonly kind: 'bool' | 'int' | 'uint' | 'float' | 'string'
  /** The type, or that of the elements. */
  readonly base: BaseType
  readonly isList: boolean
  /** `[]byte` and `[]uint8`, which travel as base64. */
  readonly isBytes: boolean
  /** Bounds of integers; 0 for others. */
  readonly min: bigint
  readonly max: bigint
  /** The same as numbers, to compare safe integers with. */
  readonly low: number
  readonly high: number
}

const baseTypes: readonly (readonly [BaseType, GoTypeFacts['kind'], number])[] = [
  ['bool', 'bool', 0],
  ['int', 'int', 64],
  ['int8', 'int', 8],
  ['int16', 'int', 16],
  ['int32', 'int', 32],
  ['int64', 'int', 64],
  ['uint', 'uint', 64],
  ['uint8', 'uint', 8],
  ['uint16', 'uint', 16],
  ['uint32', 'uint', 32],
  ['uint64', 'uint', 64],
  ['float32', 'float', 0],
  ['float64', 'float', 0],
  ['string', 'string', 0],
]

const types = new Map<string, GoTypeFacts>()
for (const [base, kind, bits] of baseTypes) {
  const min = kind === 'int' ? -(2n ** BigInt(bits - 1)) : 0n
  const max = kind === 'int' ? 2n ** BigInt(bits - 1) - 1n : kind === 'uint' ? 2n ** BigInt(bits) - 1n : 0n
  const one: GoTypeFacts = { kind, base, isList: false, isBytes: false, min, max, low: Number(min), high: Number(max) }
  const list: GoTypeFacts = { ...one, isList: true, isBytes: base === 'uint8' }
  types.set(base, one)
  types.set(`[]${base}`, list)
  if (list.isBytes) types.set('[]byte', list)
}

/** What is known about a type, or undefined for one that Machinery does not support. */
export function goTypeFacts(type: string): GoTypeFacts | undefined {
  return types.get(type)
}

/** Whether `type` is one that Machinery supports. */
export function isGoType(type: string): type is GoType {
  return types.has(type)
}
