import { Child } from './child-process.js'
import { Findings } from './findings.js'
import type { Assignment } from './messages.js'
import { startServer } from './server.js'
import { experimentName, type Figures, type Scale, type Suite } from './suite.js'

const runMs = 180_000

/** One subject of an experiment, once. */
export type Run = Omit<Assignment, 'role' | 'url'> & { readonly round: number }

export interface Plan {
  readonly suites: readonly Suite[]
  readonly rounds: number
  readonly scale: Scale
  readonly onStart: (run: Run) => void
  /** What a run found, or what went wrong. */
  readonly onEnd: (outcome: Figures | Error) => void
}

/**
 * Runs everything, round after round. Within a round the subjects of an experiment follow one another directly, in an
 * order that rotates from round to round, so that a machine that slows down or speeds up favours nobody.
 */
export async function runSuites({ suites, rounds, scale, onStart, onEnd }: Plan): Promise<Findings> {
  const findings = new Findings()
  for (const { suite, run } of plannedRuns(suites, rounds, scale)) {
    onStart(run)
    try {
      const figures = await runOnce(suite, run)
      findings.note(run.suite, run.subject, figures)
      onEnd(figures)
    } catch (error) {
      const failure = error instanceof Error ? error : new Error(String(error))
      findings.failures.push(failure.message)
      onEnd(failure)
    }
  }
  return findings
}

/** In the order in which they are done. */
export function* plannedRuns(
  suites: readonly Suite[],
  rounds: number,
  scale: Scale,
): Generator<{ readonly suite: Suite; readonly run: Run }> {
  for (let round = 0; round < rounds; round++) {
    for (const suite of suites) {
      for (const experiment of suite.experiments) {
        for (const subject of rotated(suite.subjects, round)) {
          yield { suite, run: { suite: suite.name, experiment: experimentName(experiment), subject, scale, round } }
        }
      }
    }
  }
}

async function runOnce(suite: Suite, run: Run): Promise<Figures> {
  await using server = await startServer(suite.server)
  await using child = new Child({ ...run, role: 'run', url: server.url })
  const { figures } = await child.report('figures', runMs)
  return figures
}

function rotated<Item>(items: readonly Item[], by: number): readonly Item[] {
  const first = by % items.length
  return [...items.slice(first), ...items.slice(0, first)]
}
