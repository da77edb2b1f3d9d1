import {
  type AnyDescriptor,
  bigint,
  biguint,
  bool,
  float32,
  float64,
  int8,
  int16,
  int32,
  list,
  string,
  uint8,
  uint16,
  uint32,
} from '@machinery/core'

const scalars: readonly AnyDescriptor[] = [
  bool,
  // With all 64 bits, for which there is no ready descriptor.
  { ...bigint, goType: 'int', tag: 'int' },
  int8,
  int16,
  int32,
  bigint,
  { ...biguint, goType: 'uint', tag: 'uint' },
  uint8,
  uint16,
  uint32,
  biguint,
  float32,
  float64,
  string,
]

/** A descriptor for each type that Machinery knows, by the name it has in Go. */
export const goTypes: ReadonlyMap<string, AnyDescriptor> = new Map(
  [...scalars, ...scalars.map((scalar) => list(scalar))].map((descriptor) => [descriptor.goType, descriptor]),
)
