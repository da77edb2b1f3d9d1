import { anyWorkflowKindOf, noStep } from '../task/index.js'

/**
 * Refuses what cannot be a step, as a caller without types may give it.
 * @param taker for messages: `chain()`
 * @param what what it takes, for messages: `steps`
 * @throws TypeError saying what was given, and what to give
 */
export function checkSteps(taker: string, what: string, steps: readonly unknown[]): void {
  for (const [index, step] of steps.entries()) {
    if (Array.isArray(step)) {
      throw new TypeError(
        `${taker} takes its ${what} as arguments, got an array. Spread it: ${taker.slice(0, -1)}...${what}).`,
      )
    }
    const mistake = noStep(step)
    if (mistake !== undefined)
      throw new TypeError(`${taker} takes signatures and workflows; number ${index + 1} is ${mistake}`)
  }
}

/**
 * @param taker for messages: `sendChain()`
 * @throws TypeError when it is no workflow of that kind
 */
export function checkWorkflowKind(taker: string, kind: 'chain' | 'group' | 'chord', given: unknown): void {
  const actual = anyWorkflowKindOf(given)
  if (actual === kind) return
  const like = kind === 'chord' ? 'chord(group(…), add.s(…))' : `${kind}(add.s(…), …)`
  const got = actual === undefined ? describe(given) : `a ${actual}`
  throw new TypeError(`${taker} takes a ${kind}, got ${got}. Make one with ${like}.`)
}

function describe(given: unknown): string {
  if (Array.isArray(given)) return 'an array'
  if (given === null || given === undefined) return String(given)
  if (typeof given === 'object') return 'name' in given && typeof given.name === 'string' ? 'a task' : 'another object'
  return `a ${typeof given}`
}
