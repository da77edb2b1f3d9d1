import type { Figures } from './suite.js'

/** All that was found: the figures of each measure and subject, one per round. */
export class Findings {
  readonly #figures = new Map<string, number[]>()
  /** What went wrong, in words. */
  readonly failures: string[] = []

  note(suite: string, subject: string, figures: Figures): void {
    for (const [measure, figure] of Object.entries(figures)) {
      const key = `${suite} ${measure} ${subject}`
      const known = this.#figures.get(key)
      if (known === undefined) this.#figures.set(key, [figure])
      else known.push(figure)
    }
  }

  of(suite: string, measure: string, subject: string): readonly number[] {
    return this.#figures.get(`${suite} ${measure} ${subject}`) ?? []
  }
}
