const big = new Intl.NumberFormat('en', { maximumFractionDigits: 0 })
const small = new Intl.NumberFormat('en', { maximumSignificantDigits: 3 })

/** With no more digits than are worth reading: `112,034`, `3.21`. */
export function formatFigure(figure: number): string {
  return Math.abs(figure) >= 100 ? big.format(figure) : small.format(figure)
}
