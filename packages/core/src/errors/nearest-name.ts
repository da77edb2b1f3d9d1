/** The name that was probably meant: the same but for case and separators, or at most two typing errors away. */
export function nearestName(name: string, names: readonly string[]): string | undefined {
  // Long names are no typing errors, and comparing them would take long.
  if (name.length > 100) return undefined
  const plain = withoutSeparators(name)
  let nearest: string | undefined
  let least = Math.min(3, Math.ceil(plain.length / 2))
  for (const candidate of names) {
    const distance = editDistance(plain, withoutSeparators(candidate))
    if (distance < least) {
      nearest = candidate
      least = distance
    }
  }
  return nearest
}

function withoutSeparators(name: string): string {
  return name.toLowerCase().replace(/[_.-]/g, '')
}

function editDistance(a: string, b: string): number {
  let above = Array.from({ length: b.length + 1 }, (_, index) => index)
  for (let i = 1; i <= a.length; i++) {
    const row = [i]
    for (let j = 1; j <= b.length; j++) {
      const replaced = (above[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1)
      row.push(Math.min(replaced, (above[j] ?? 0) + 1, (row[j - 1] ?? 0) + 1))
    }
    above = row
  }
  return above[b.length] ?? 0
}
