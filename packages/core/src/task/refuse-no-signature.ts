import { InvalidSignatureError } from '../errors/index.js'
import { showValue } from './show-value.js'

const workflowKinds: readonly unknown[] = ['chain', 'group', 'chord']
const identifier = /^[\p{L}_$][\p{L}\p{N}_$]{0,60}$/u

/** What tells the mistakes apart. */
interface LooksLike {
  readonly kind?: unknown
  readonly name?: unknown
  readonly s?: unknown
}

/** The methods that take workflows, by the beginning of their names; '' where a workflow has no place. */
type Methods = 'send' | 'registerPeriodic' | ''

/**
 * Refuses what cannot be a signature and is a likely mistake: a name, a definition, `task.s` without its call, a list, a
 * workflow, nothing. The fields of a signature are checked when it is sent.
 * @param taker what takes the signature, for messages, for example `sendTask()`
 * @param methods those to name where a workflow was given
 * @throws InvalidSignatureError saying what to give instead
 */
export function refuseNoSignature(taker: string, given: unknown, methods: Methods = ''): void {
  const mistake = mistakeOf(given, methods)
  if (mistake === undefined) return
  throw new InvalidSignatureError(`${taker} takes a signature, got ${mistake}`)
}

/** What was given in the place of a step of a workflow, and what to give instead; undefined where it may be a step. */
export function noStep(given: unknown): string | undefined {
  return workflowKindOf(given) === undefined ? mistakeOf(given, '') : undefined
}

/** The kind of a workflow, also of `newChain` and its like; undefined for all else. */
export function anyWorkflowKindOf(given: unknown): 'chain' | 'group' | 'chord' | undefined {
  return workflowKindOf(given) ?? (isObject(given) ? plainKindOf(given) : undefined)
}

function workflowKindOf(given: unknown): 'chain' | 'group' | 'chord' | undefined {
  if (!isObject(given) || !('kind' in given)) return undefined
  return workflowKinds.includes(given.kind) ? (given.kind as 'chain' | 'group' | 'chord') : undefined
}

function mistakeOf(given: unknown, methods: Methods): string | undefined {
  if (typeof given === 'string')
    return `${showValue(given)}. Use ${callOf(given)}, or newSignature(${showValue(given)}).`
  if (typeof given === 'function') return 'a function. Call it, as in add.s(1, 2).'
  if (Array.isArray(given))
    return `${showValue(given)}. Give one signature, or make a workflow of them: chain(…), group(…).`
  if (!isObject(given)) return `${showValue(given)}. Use add.s(…) of a task that defineTask() made.`
  const kind = workflowKindOf(given) ?? plainKindOf(given)
  if (kind !== undefined) {
    const method = `${methods}${kind[0]?.toUpperCase()}${kind.slice(1)}()`
    return `a ${kind}. ${methods === '' ? 'It cannot stand here: give its tasks, or chain(…) around it.' : `Use ${method}.`}`
  }
  if (typeof given.s !== 'function' || !('results' in given)) return undefined
  const name = typeof given.name === 'string' ? given.name : ''
  return `the definition of task ${name}. Use ${callOf(name)}.`
}

/** The kind of a workflow in Machinery's manner. */
function plainKindOf(given: object): 'chain' | 'group' | 'chord' | undefined {
  if ('tasks' in given) return 'groupUuid' in given ? 'group' : 'chain'
  return 'group' in given && 'callback' in given ? 'chord' : undefined
}

/** How a signature is made, as far as the variable is called as its task is. */
function callOf(taskName: string): string {
  return `${identifier.test(taskName) ? taskName : 'task'}.s(…)`
}

function isObject(given: unknown): given is LooksLike {
  return typeof given === 'object' && given !== null
}
