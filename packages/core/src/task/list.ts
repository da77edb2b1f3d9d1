import type { SignatureArg } from '../signature/index.js'
import { decodeValue, encodeValue } from '../signature/index.js'
import { checkDescriptor } from './check-descriptor.js'
import { collect } from './collect.js'
import { type AnyDescriptor, type Descriptor, type InputOf, type OutputOf, unfit, wrongType } from './descriptor.js'

/** What {@link list} makes of a descriptor. */
export type ListDescriptor<Item extends AnyDescriptor> = Descriptor<
  readonly InputOf<Item>[],
  OutputOf<Item>[],
  `[]${Item['tag']}`
>

/**
 * A Go slice: `list(int)` is `[]int64`. Go's workers know no slices of slices: nest with `json()`.
 * @throws TypeError for a list of lists or of bytes, and for what is no descriptor
 */
export function list<Item extends AnyDescriptor>(item: Item): ListDescriptor<Item> {
  checkDescriptor('The item of list()', item)
  if (item.goType.startsWith('[]')) {
    throw new TypeError(
      `list(${item.tag}) would be ${`[]${item.goType}`}, which Go workers cannot read. Use json() for nested lists.`,
    )
  }
  // The descriptor's own types are erased by AnyDescriptor; the return type of this function restores them.
  const { encode, decode } = item as unknown as Descriptor
  const goType = `[]${item.goType}`
  const encodeItems = (value: readonly unknown[]): unknown => {
    if (!Array.isArray(value)) throw unfit(value, `an array (Go ${goType})`, 'Give an array.')
    // Array.from visits holes too, so that they are refused as undefined.
    const encoded = Array.from(value, (element) => encode(element))
    return goType === '[]uint8' ? encodeValue(goType, Uint8Array.from(encoded as number[])) : encoded
  }
  const decodeItems = (arg: SignatureArg): unknown => {
    if (!arg.type.startsWith('[]')) {
      decodeValue(arg.type, arg.value)
      throw wrongType(arg, goType)
    }
    const type = arg.type === '[]byte' ? 'uint8' : arg.type.slice(2)
    const elements = Array.isArray(arg.value) ? arg.value : decodeValue(arg.type, arg.value)
    if (!isIterable(elements)) throw wrongType(arg, goType)
    const values = Array.from(elements)
    return collect(values.length, (index) => decode({ type, value: values[index] }))
  }
  const descriptor = Object.freeze({ goType, tag: `[]${item.tag}`, encode: encodeItems, decode: decodeItems })
  return descriptor as unknown as ListDescriptor<Item>
}

function isIterable(value: unknown): value is Iterable<unknown> {
  return typeof value === 'object' && value !== null && Symbol.iterator in value
}
