import { rmSync, writeFileSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { join } from 'node:path'
import { say, sayDone } from '../lib/progress.mjs'
import { root } from '../lib/root.mjs'
import { run } from '../lib/run.mjs'
import { listPackages } from '../lib/workspace.mjs'
import { readReport } from './report.mjs'

/** One file per package: what vitest counted (.json) and what it printed (.log). */
export const reportsFolder = join(root, '.cache', 'reports')

/** A package's tests should take no longer than this, in milliseconds; they are ended after five times as long. */
const fairMs = 60_000

/** How much of a failed package's output is shown, in lines from the end. */
const shownLines = 200

/**
 * @typedef {import('../lib/workspace.mjs').Package} Package
 * @typedef {import('./report.mjs').Report} Report
 */

/**
 * The packages whose tests are asked for.
 * @param {readonly string[]} filter texts that a folder name may contain; none: all packages
 */
export function testedPackages(filter) {
  return listPackages().filter(
    (pkg) => pkg.manifest.scripts?.test && (filter.length === 0 || filter.some((text) => pkg.short.includes(text))),
  )
}

/**
 * Runs the packages' tests, as many packages at once as there are cores.
 * @param {readonly Package[]} packages
 * @param {(pkg: Package) => Promise<Record<string, string>>} environment what a package's tests find in theirs; waits for its servers
 * @returns {Promise<readonly Report[]>}
 */
export async function runTests(packages, environment) {
  const waiting = [...packages]
  /** @type {Report[]} */
  const reports = []
  const work = async () => {
    for (let pkg = waiting.shift(); pkg; pkg = waiting.shift()) {
      reports.push(await testPackage(pkg, await environment(pkg)))
    }
  }
  await Promise.all(Array.from({ length: availableParallelism() }, work))
  return reports
}

/**
 * @param {Package} pkg
 * @param {Record<string, string>} env
 */
async function testPackage(pkg, env) {
  const startedAt = performance.now()
  const json = join(reportsFolder, `${pkg.short}.json`)
  const log = join(reportsFolder, `${pkg.short}.log`)
  rmSync(json, { force: true })
  // Machines stall for longer than a lease now and then: what fails has a second try, and the line below counts them.
  const args = ['--retry=1', '--reporter=default', '--reporter=json', `--outputFile.json=${json}`]
  // As `pnpm run test` would, but in a process group that ends as a whole: pnpm puts its children into one of their own.
  const { code, output, timedOut } = await run('sh', ['-c', `exec ${pkg.manifest.scripts?.test} "$@"`, 'sh', ...args], {
    cwd: pkg.path,
    env: {
      ...env,
      PATH: [pkg.path, root].map((path) => join(path, 'node_modules', '.bin:')).join('') + process.env.PATH,
    },
    timeoutMs: 5 * fairMs,
  })
  writeFileSync(log, output)
  const report = readReport(pkg.name, json, code)
  const slow = performance.now() - startedAt > fairMs ? ', longer than a minute' : ''
  const retried = output.match(/\(retry x\d+\)/g)?.length ?? 0
  const second = retried === 0 ? '' : `, ${retried} had a second try`
  const counts = `${report.passed} passed, ${report.failed} failed, ${report.skipped} skipped${second}${slow}`
  sayDone(report.failed === 0 ? 'ok' : 'FAIL', `Test ${pkg.name}: ${counts}`, startedAt)
  if (report.failed > 0) {
    say(output.trimEnd().split('\n').slice(-shownLines).join('\n'))
    if (timedOut)
      say(`The tests of ${pkg.name} were still running after ${(5 * fairMs) / 60_000} minutes, and were ended.`)
    say(`All of its output is in ${log}. Again, alone: npm test -- --only test --filter ${pkg.short}\n`)
  }
  return report
}
