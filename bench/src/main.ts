import { plannedRuns, type Run, runSuites } from './harness/run-suites.js'
import { serverVersion, startServer } from './harness/server.js'
import type { Figures, Suite } from './harness/suite.js'
import { type Options, readOptions, UsageError, usage } from './options.js'
import { formatFigure } from './report/format.js'
import { describeMachine, readVersions } from './report/machine.js'
import { rowsOf } from './report/rows.js'
import { saveResults } from './report/save.js'
import { renderTables } from './report/tables.js'
import { suites } from './suites.js'

try {
  const options = readOptions(process.argv.slice(2), suites)
  if (options === 'help') process.stdout.write(usage)
  else process.exitCode = await bench(options)
} catch (error) {
  if (!(error instanceof UsageError)) throw error
  process.stderr.write(`${error.message}\n\n${usage}`)
  process.exitCode = 2
}

async function bench({ suites, rounds, scale, isSaved }: Options): Promise<number> {
  const total = [...plannedRuns(suites, rounds, scale)].length
  let begun = 0
  const findings = await runSuites({
    suites,
    rounds,
    scale,
    onStart: (run) => say(`[${++begun}/${total}] ${describeRun(run, rounds)} … `),
    onEnd: (outcome) => say(`${outcome instanceof Error ? `FAILED: ${outcome.message}` : describeFigures(outcome)}\n`),
  })
  const results = {
    machine: describeMachine(await serverVersions(suites)),
    versions: await readVersions(),
    settings: { rounds, scale },
    rows: rowsOf(suites, findings),
  }
  const tables = renderTables(results, suites)
  say(`\n${tables}\n\n`)
  if (findings.failures.length > 0) {
    say(`${findings.failures.length} of ${total} runs failed, so nothing was written.\n`)
    return 1
  }
  if (isSaved) {
    await saveResults(results, tables)
    say('Wrote bench/results/latest.json and the tables of bench/README.md.\n')
  }
  return 0
}

async function serverVersions(suites: readonly Suite[]): Promise<Partial<Record<Suite['server'], string>>> {
  const versions: Partial<Record<Suite['server'], string>> = {}
  for (const kind of new Set(suites.map(({ server }) => server))) {
    await using server = await startServer(kind)
    versions[kind] = await serverVersion(kind, server.url)
  }
  return versions
}

function describeRun({ round, suite, experiment, subject }: Run, rounds: number): string {
  return `round ${round + 1} of ${rounds}: ${suite} ${experiment}, ${subject}`
}

function describeFigures(figures: Figures): string {
  return Object.entries(figures)
    .map(([name, figure]) => `${name} ${formatFigure(figure)}`)
    .join(', ')
}

function say(text: string): void {
  process.stdout.write(text)
}
