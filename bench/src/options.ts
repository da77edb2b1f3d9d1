import { parseArgs } from 'node:util'
import type { Scale, Suite } from './harness/suite.js'

export const usage = `Compares Machinery with its peers on the same servers, and writes results/latest.json and the tables of README.md.

  pnpm bench [options]

  --rounds N         how often everything is measured; medians count (default: 5)
  --quick            some minutes instead of thirty: one round of fewer tasks, unless --rounds says otherwise
  --suite NAME       only this suite; may be repeated
  --measure NAME     only this measure, and those measured along with it; may be repeated
  --subject NAME     only this subject; may be repeated
  --dry-run          write no files; implied by --suite, --measure and --subject, whose results are but a part
`

export interface Options {
  readonly suites: readonly Suite[]
  readonly rounds: number
  readonly scale: Scale
  /** Whether everything is measured, so that the results can stand for all. */
  readonly isSaved: boolean
}

/** Thrown for a wrong option; the message says which. */
export class UsageError extends Error {}

/** @throws UsageError */
export function readOptions(args: readonly string[], all: readonly Suite[]): Options | 'help' {
  const { help, quick, rounds, suite, measure, subject, 'dry-run': dryRun } = parse(args)
  if (help) return 'help'
  const parts = [suite, measure, subject]
  return {
    suites: select(all, { suite, measure, subject }),
    rounds: wholeNumber('--rounds', rounds ?? (quick ? '1' : '5')),
    scale: quick ? 'quick' : 'full',
    isSaved: !dryRun && parts.every((part) => part === undefined),
  }
}

function parse(args: readonly string[]) {
  try {
    return parseArgs({
      // pnpm hands `--` on.
      args: args.filter((arg) => arg !== '--'),
      options: {
        rounds: { type: 'string' },
        quick: { type: 'boolean', default: false },
        suite: { type: 'string', multiple: true },
        measure: { type: 'string', multiple: true },
        subject: { type: 'string', multiple: true },
        'dry-run': { type: 'boolean', default: false },
        help: { type: 'boolean', short: 'h', default: false },
      },
    }).values
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error))
  }
}

type Names = readonly string[] | undefined

function select(all: readonly Suite[], wanted: { suite: Names; measure: Names; subject: Names }): Suite[] {
  mustExist(
    '--suite',
    wanted.suite,
    all.map(({ name }) => name),
  )
  const suites = all.filter(({ name }) => isWanted(wanted.suite, name))
  mustExist('--measure', wanted.measure, suites.flatMap(measureNames))
  mustExist(
    '--subject',
    wanted.subject,
    suites.flatMap(({ subjects }) => subjects),
  )
  return suites
    .map((suite) => ({
      ...suite,
      subjects: suite.subjects.filter((name) => isWanted(wanted.subject, name)),
      experiments: suite.experiments.filter(({ measures }) =>
        measures.some(({ name }) => isWanted(wanted.measure, name)),
      ),
    }))
    .filter(({ subjects, experiments }) => subjects.length > 0 && experiments.length > 0)
}

function measureNames({ experiments }: Suite): string[] {
  return experiments.flatMap(({ measures }) => measures.map(({ name }) => name))
}

function isWanted(names: Names, name: string): boolean {
  return names?.includes(name) ?? true
}

function mustExist(option: string, names: Names, known: readonly string[]): void {
  const unknown = names?.find((name) => !known.includes(name))
  if (unknown !== undefined) {
    throw new UsageError(`${option} ${unknown} is not known. There are: ${[...new Set(known)].join(', ')}.`)
  }
}

function wholeNumber(option: string, text: string): number {
  const number = Number(text)
  if (Number.isSafeInteger(number) && number >= 1) return number
  throw new UsageError(`${option} takes a whole number of 1 or more, got ${text}.`)
}
