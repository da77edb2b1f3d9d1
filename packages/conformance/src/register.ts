import { afterAll, describe, test } from 'vitest'
import type { ConformanceCase } from './case.js'

/**
 * Makes vitest tests of cases, one after the other, as outages hit all that runs at the time. Writes in the end what
 * was skipped and why, since reporters show a number only.
 */
export function registerCases(title: string, cases: readonly ConformanceCase[], timeoutMs: number): void {
  const skipped = new Map<string, string[]>()
  describe(title, { concurrent: false }, () => {
    for (const group of new Set(cases.map((each) => each.group))) {
      describe(group, () => {
        for (const { name, run } of cases.filter((each) => each.group === group)) {
          test(name, { timeout: timeoutMs }, async (context) => {
            const outcome = await run()
            if (outcome.status === 'passed') return
            const names = skipped.get(outcome.reason) ?? []
            skipped.set(outcome.reason, [...names, `${group}: ${name}`])
            context.skip(outcome.reason)
          })
        }
      })
    }
    afterAll(() => {
      for (const [reason, names] of skipped) {
        console.info(
          `${title}: ${names.length} not tested, as ${reason}\n${names.map((name) => `  - ${name}`).join('\n')}`,
        )
      }
    })
  })
}
