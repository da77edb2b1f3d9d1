import { say, sayDone } from '../lib/progress.mjs'
import { run } from '../lib/run.mjs'

/** How many run at once. Most are native and use several cores by themselves. */
const atOnce = 2

/** No check takes longer than this, in milliseconds. */
const timeoutMs = 5 * 60_000

/**
 * Runs the checks and shows the output of those that fail.
 * @param {readonly import('./checks.mjs').Check[]} checks
 * @returns {Promise<readonly string[]>} the names of those that failed
 */
export async function runChecks(checks) {
  const waiting = [...checks]
  /** @type {string[]} */
  const failed = []
  const work = async () => {
    for (let check = waiting.shift(); check; check = waiting.shift()) {
      if (!(await passes(check))) failed.push(check.name)
    }
  }
  await Promise.all(Array.from({ length: atOnce }, work))
  return failed
}

/** @param {import('./checks.mjs').Check} check */
async function passes(check) {
  const startedAt = performance.now()
  const [file = '', ...args] = check.command
  const { code, output, timedOut } = await run(file, args, { timeoutMs })
  sayDone(code === 0 ? 'ok' : 'FAIL', `Check ${check.name}: ${check.about}`, startedAt)
  if (code === 0) return true
  say(`${output.trimEnd()}${timedOut ? '\nIt was still running, and was ended.' : ''}\n${check.hint}\n`)
  return false
}
