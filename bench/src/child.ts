// One process of a run: plays its part, reports to the process that started it, and ends.
import { Child } from './harness/child-process.js'
import type { Assignment, Report } from './harness/messages.js'
import { type Companion, experimentName, type SuiteExperiment } from './harness/suite.js'
import { findSuite } from './suites.js'

const companionMs = 60_000

const assignment = JSON.parse(process.argv[2] ?? '{}') as Assignment

// Nobody is left to report to: the run was given up.
process.on('disconnect', () => process.exit(1))

try {
  if (assignment.role === 'run') await run()
  else await accompany()
} catch (error) {
  await report({ type: 'failed', error: error instanceof Error ? (error.stack ?? error.message) : String(error) })
}
process.exit(0)

async function run(): Promise<void> {
  const figures = await findExperiment().run(assignment.subject, { ...assignment, startCompanion })
  await report({ type: 'figures', figures })
}

async function accompany(): Promise<void> {
  const end = await findExperiment().companion(assignment.subject, assignment)
  const toldToStop = new Promise((resolve) => process.once('message', resolve))
  await report({ type: 'ready' })
  await toldToStop
  await report({ type: 'seen', seen: await end() })
}

async function startCompanion(): Promise<Companion> {
  const child = new Child({ ...assignment, role: 'companion' })
  await child.report('ready', companionMs)
  return {
    stop: async () => {
      const seen = child.report('seen', companionMs)
      child.tell({ type: 'stop' })
      return (await seen).seen
    },
  }
}

function findExperiment(): SuiteExperiment {
  const { suite, experiment: name } = assignment
  const experiment = findSuite(suite).experiments.find((one) => experimentName(one) === name)
  if (experiment !== undefined) return experiment
  throw new Error(`Suite ${suite} has no experiment ${name}.`)
}

function report(what: Report): Promise<void> {
  return new Promise((resolve) => process.send?.(what, undefined, undefined, () => resolve()))
}
