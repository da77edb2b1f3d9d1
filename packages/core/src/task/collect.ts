/**
 * The values that `decode` gives for 0 to `count` - 1, in order: a list, or a promise of one where any of them is.
 * When one throws, promises made before it are not left to reject unheard.
 */
export function collect(count: number, decode: (index: number) => unknown): unknown[] | Promise<unknown[]> {
  const values: unknown[] = new Array(count)
  let isAsync = false
  try {
    for (let index = 0; index < count; index++) {
      const value = decode(index)
      values[index] = value
      if (value instanceof Promise) isAsync = true
    }
  } catch (error) {
    for (const value of values) if (value instanceof Promise) value.catch(() => {})
    throw error
  }
  return isAsync ? Promise.all(values) : values
}
