import type { Findings } from '../harness/findings.js'
import { median } from '../harness/statistics.js'
import type { Measure, Suite } from '../harness/suite.js'
import type { Row } from './results.js'

/** The rows of all that was found, in the order of suites, measures and subjects. */
export function rowsOf(suites: readonly Suite[], findings: Findings): readonly Row[] {
  return suites.flatMap((suite) =>
    suite.experiments.flatMap(({ measures }) => measures.flatMap((measure) => rowsOfMeasure(suite, measure, findings))),
  )
}

function rowsOfMeasure({ name, subjects, raw }: Suite, measure: Measure, findings: Findings): Row[] {
  const middle = (subject: string): number => median(findings.of(name, measure.name, subject))
  return subjects.flatMap((subject) => {
    const figures = findings.of(name, measure.name, subject)
    if (figures.length === 0) return []
    const own = median(figures)
    return {
      suite: name,
      measure: measure.name,
      subject,
      median: rounded(own),
      min: rounded(Math.min(...figures)),
      max: rounded(Math.max(...figures)),
      unit: measure.unit,
      ratioToBullmq: timesBetter(measure, own, middle('bullmq')),
      ratioToRaw: raw === undefined ? null : timesBetter(measure, own, middle(raw)),
    }
  })
}

/** How many times better `own` is than `other`. Null where that is no number. */
function timesBetter({ better }: Measure, own: number, other: number): number | null {
  const ratio = better === 'higher' ? own / other : other / own
  return Number.isFinite(ratio) ? rounded(ratio) : null
}

/** Four digits: more say nothing. */
function rounded(figure: number): number {
  return Math.abs(figure) >= 1_000 ? Math.round(figure) : Number(figure.toPrecision(4))
}
