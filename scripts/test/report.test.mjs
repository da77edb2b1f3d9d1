import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { readReport } from '../check/report.mjs'
import { summarize } from '../check/summary.mjs'

/** @type {string} */
let folder

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'machinery-report-'))
})

afterEach(() => rmSync(folder, { recursive: true }))

/**
 * @param {unknown} testResults
 * @param {number} exitCode
 */
function report(testResults, exitCode) {
  const file = join(folder, 'report.json')
  writeFileSync(file, JSON.stringify({ testResults }))
  return readReport('a', file, exitCode)
}

const passed = { status: 'passed', ancestorTitles: [] }
const failed = { status: 'failed', ancestorTitles: [] }

/** @param {string[]} ancestorTitles */
const skipped = (ancestorTitles) => ({ status: 'pending', ancestorTitles })

describe('the report of a package', () => {
  test('counts tests over files', () => {
    const files = [
      { status: 'passed', assertionResults: [passed, passed, skipped([])] },
      { status: 'failed', assertionResults: [passed, failed] },
    ]
    expect(report(files, 1)).toMatchObject({ passed: 3, failed: 1, skipped: 1 })
  })

  test('counts a file that does not load as a failure', () => {
    expect(report([{ status: 'failed', assertionResults: [] }], 1)).toMatchObject({ passed: 0, failed: 1 })
  })

  test('counts a run that ended badly though all tests passed as a failure', () => {
    expect(report([{ status: 'passed', assertionResults: [passed] }], 1)).toMatchObject({ passed: 1, failed: 1 })
  })

  test('counts a run that left no report as a failure, also where it claims success', () => {
    expect(readReport('a', join(folder, 'nowhere.json'), 137)).toMatchObject({ passed: 0, failed: 1 })
    expect(readReport('a', join(folder, 'nowhere.json'), 0)).toMatchObject({ passed: 0, failed: 1 })
  })

  test('counts the tests that each missing server cost', () => {
    const needsRedis = skipped(['locks (needs redis-cluster)', 'releasing'])
    const files = [
      { status: 'passed', assertionResults: [needsRedis, needsRedis, skipped(['(needs sleep) and more'])] },
    ]
    expect([...report(files, 0).lacking]).toEqual([['redis-cluster', 2]])
  })
})

describe('the summary', () => {
  /** @param {object} [changes] */
  const outcome = (changes) => ({
    failedChecks: [],
    reports: [
      { name: 'a', passed: 2, failed: 0, skipped: 1, lacking: new Map([['redis', 1]]) },
      { name: 'b', passed: 3, failed: 0, skipped: 4, lacking: new Map([['redis', 4]]) },
    ],
    missing: new Map(),
    requireAll: false,
    ...changes,
  })

  test('ends with the sums, and is a success when nothing failed', () => {
    const { lines, code } = summarize(outcome())
    expect(lines.at(-1)).toBe('5 passed, 0 failed, 5 skipped')
    expect(code).toBe(0)
  })

  test('fails for a failed test, and for a failed check', () => {
    const bad = { name: 'c', passed: 0, failed: 1, skipped: 0, lacking: new Map() }
    expect(summarize(outcome({ reports: [bad] }))).toMatchObject({ code: 1 })
    expect(summarize(outcome({ failedChecks: ['lint'] }))).toMatchObject({ code: 1 })
  })

  test('names a missing server and what it cost, which is a failure only where all are required', () => {
    const missing = new Map([['redis', { reason: 'Nobody has it.', isOptional: false }]])
    const { lines, code } = summarize(outcome({ missing }))
    expect(lines).toContain('Not to be had: redis, which cost 5 tests. Nobody has it.')
    expect(code).toBe(0)
    expect(summarize(outcome({ missing, requireAll: true })).code).toBe(1)
  })

  test('names what is optional and missing, and goes without it where all are required', () => {
    const missing = new Map([['go', { reason: 'It is too old.', isOptional: true }]])
    const { lines, code } = summarize(outcome({ missing, requireAll: true }))
    expect(lines).toContain('Not to be had: go, which cost 0 tests. It is too old.')
    expect(code).toBe(0)
  })
})
