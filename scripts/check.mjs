// pnpm check: all that decides whether a change is good. `npm test` is the same from a fresh clone.
import { mkdirSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { checks } from './check/checks.mjs'
import { runChecks } from './check/run-checks.mjs'
import { reportsFolder, runTests, testedPackages } from './check/run-tests.mjs'
import { summarize } from './check/summary.mjs'
import { build } from './lib/build.mjs'
import { Problem, runMain, say } from './lib/progress.mjs'
import { beforeExit, cleanUp } from './lib/run.mjs'

const usage = `Usage: npm test -- [options]
  --filter TEXT    only the tests of packages whose folder name contains TEXT; may be given several times
  --only test      only the tests
  --only check     only the checks; or one of them: ${checks.map((check) => check.name).join(', ')}
  --require-all    a server that cannot be had is a failure`

runMain(async () => {
  const { filter, only, requireAll } = readOptions()
  const packages = only && only !== 'test' ? [] : testedPackages(filter)
  const chosenChecks = checks.filter((check) => !only || only === 'check' || only === check.name)
  if (packages.length + chosenChecks.length === 0) throw new Problem(`Nothing to do. ${usage}`)
  mkdirSync(reportsFolder, { recursive: true })

  if (packages.length > 0 || chosenChecks.some((check) => check.needsBuild)) {
    const needed = filter.length > 0 ? [...packages.map((pkg) => pkg.name), '@machinery-internal/test-servers'] : []
    await build(process.execPath, {}, needed)
  }
  const services = await startServicesOf(packages)
  const failedChecks = await runChecks(chosenChecks)
  const reports = await runTests(packages, (pkg) => services.variables(pkg.manifest.machinery?.services ?? []))
  await cleanUp()

  const { lines, code } = summarize({ failedChecks, reports, missing: await services.missing(), requireAll })
  for (const line of lines) say(line)
  return code
})

/** @param {readonly import('./lib/workspace.mjs').Package[]} packages */
async function startServicesOf(packages) {
  const names = new Set(packages.flatMap((pkg) => pkg.manifest.machinery?.services ?? []))
  if (names.size === 0) return { variables: async () => ({}), missing: async () => new Map() }
  // Imported late: it needs tools/test-servers to be built.
  const { startServices } = await import('./services/start-services.mjs')
  const services = startServices(names)
  beforeExit(services.stop)
  return services
}

function readOptions() {
  try {
    const { values } = parseArgs({
      options: {
        filter: { type: 'string', multiple: true, default: [] },
        only: { type: 'string' },
        'require-all': { type: 'boolean', default: false },
      },
    })
    const { filter, only, 'require-all': requireAll } = values
    const known = ['test', 'check', ...checks.map((check) => check.name)]
    if (only && !known.includes(only)) throw new Problem(`There is no part "${only}". ${usage}`)
    return { filter, only, requireAll }
  } catch (error) {
    throw error instanceof Problem ? error : new Problem(`${error instanceof Error ? error.message : error}. ${usage}`)
  }
}
