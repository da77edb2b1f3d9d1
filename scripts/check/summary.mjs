/**
 * @typedef {object} Outcome
 * @property {readonly string[]} failedChecks
 * @property {readonly import('./report.mjs').Report[]} reports
 * @property {ReadonlyMap<string, import('../services/service.mjs').Missing>} missing service → why it could not be had
 * @property {boolean} requireAll
 */

/**
 * What is said at the end, of which the last line is read by machines, and the exit code.
 * @param {Outcome} outcome
 * @returns {{ lines: readonly string[], code: number }}
 */
export function summarize({ failedChecks, reports, missing, requireAll }) {
  const total = (/** @type {(report: import('./report.mjs').Report) => number} */ of) =>
    reports.reduce((sum, report) => sum + of(report), 0)
  const [passed, failed, skipped] = [total((r) => r.passed), total((r) => r.failed), total((r) => r.skipped)]
  const lines = ['']
  for (const [service, { reason }] of missing) {
    const cost = total((report) => report.lacking.get(service) ?? 0)
    lines.push(`Not to be had: ${service}, which cost ${cost} ${cost === 1 ? 'test' : 'tests'}. ${reason}`)
  }
  const required = requireAll ? [...missing].flatMap(([service, { isOptional }]) => (isOptional ? [] : [service])) : []
  if (required.length > 0)
    lines.push(`Because --require-all was given, it is a failure to lack ${required.join(', ')}.`)
  if (failedChecks.length > 0) lines.push(`Failed checks: ${failedChecks.join(', ')}. Their output is above.`)
  const failing = reports.filter((report) => report.failed > 0).map((report) => report.name)
  if (failing.length > 0) lines.push(`Failed tests in: ${failing.join(', ')}.`)
  lines.push(`${passed} passed, ${failed} failed, ${skipped} skipped`)
  return { lines, code: failed > 0 || failedChecks.length > 0 || required.length > 0 ? 1 : 0 }
}
