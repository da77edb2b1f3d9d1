/** How much one call of a script may carry, so that it does not hold up others for long. */
export const mostMessages = 500
export const enoughBytes: number = 4 * 2 ** 20

/** Cuts messages into portions of at most 500, which end once they exceed 4 MiB. Keeps the order. */
export function portions<T extends { readonly body: Uint8Array }>(items: readonly T[]): readonly (readonly T[])[] {
  const all: T[][] = []
  let portion: T[] = []
  let bytes = 0
  for (const item of items) {
    if (portion.length === mostMessages || bytes >= enoughBytes) {
      all.push(portion)
      portion = []
      bytes = 0
    }
    portion.push(item)
    bytes += item.body.byteLength
  }
  if (portion.length > 0) all.push(portion)
  return all
}

/** Days since the epoch: the unit in which delivery counts age. */
export function today(): number {
  return Math.floor(Date.now() / 86_400_000)
}
