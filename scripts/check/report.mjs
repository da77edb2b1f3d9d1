import { existsSync, readFileSync } from 'node:fs'

/**
 * @typedef {object} Report what became of one package's tests
 * @property {string} name
 * @property {number} passed
 * @property {number} failed
 * @property {number} skipped
 * @property {Map<string, number>} lacking service → tests skipped because it is not there
 */

/**
 * Reads what vitest's JSON reporter left. A run that ended badly counts as at least one failed test, also where no test
 * can be blamed: a file that does not load, an error outside of tests, a crash before there is a report.
 * @param {string} name
 * @param {string} file
 * @param {number} exitCode
 * @returns {Report}
 */
export function readReport(name, file, exitCode) {
  /** @type {Report} */
  const report = { name, passed: 0, failed: 0, skipped: 0, lacking: new Map() }
  if (!existsSync(file)) return { ...report, failed: 1 }
  const { testResults } = JSON.parse(readFileSync(file, 'utf8'))
  for (const { status, assertionResults } of testResults) {
    for (const test of assertionResults) count(report, test)
    if (status === 'failed' && !assertionResults.some(isFailed)) report.failed++
  }
  if (exitCode !== 0 && report.failed === 0) report.failed = 1
  return report
}

/**
 * @param {Report} report
 * @param {{ status: string, ancestorTitles: string[] }} test
 */
function count(report, test) {
  if (test.status === 'passed') report.passed++
  else if (isFailed(test)) report.failed++
  else {
    report.skipped++
    // Written by describeWithServer of tools/test-servers.
    const service = test.ancestorTitles.map((title) => / \(needs ([\w-]+)\)$/.exec(title)?.[1]).find(Boolean)
    if (service) report.lacking.set(service, (report.lacking.get(service) ?? 0) + 1)
  }
}

/** @param {{ status: string }} test */
function isFailed(test) {
  return test.status === 'failed'
}
