import type { Signature } from '../../src/signature/index.js'
import { defineTask, int, rest, string, type TaskSignature } from '../../src/task/index.js'
import type { WorkflowIds } from '../../src/workflow/index.js'

/** Ids that count up: t1, t2, … */
export function countingIds(): WorkflowIds {
  const counts: Record<string, number> = {}
  const next = (kind: string) => (): string => {
    counts[kind] = (counts[kind] ?? 0) + 1
    return `${kind}${counts[kind]}`
  }
  return { task: next('t'), group: next('g'), chord: next('c'), workflow: next('w') }
}

export const add = defineTask('add', { args: [int, int], result: int })
export const sum = defineTask('sum', { args: [rest(int)], result: int })
export const log = defineTask('log', { args: [string] })

/** A task of any shape, with its name as its UUID. */
export const step = (name: string): TaskSignature<'anything', readonly [typeof int], 'passes results'> =>
  defineTask(name, { args: [rest(int)], result: int })
    .s()
    .with({ uuid: name }) as never

/** The same, taking nothing from the step before it. */
export const alone = (name: string): TaskSignature<'takes nothing', readonly [typeof int], 'passes results'> =>
  defineTask(name, { args: [rest(int)], result: int })
    .si()
    .with({ uuid: name })

/** The parts of a signature that a workflow decides. Undecided ones are left out. */
export interface Wired {
  uuid: string
  group?: string
  immutable?: true
  next?: readonly Wired[]
  chord?: Wired
}

/** What a workflow has made of a signature, to compare. */
export function wired(signature: Signature): Wired {
  const { uuid, groupUuid, groupTaskCount, immutable, onSuccess, chordCallback } = signature
  return {
    uuid,
    ...(groupUuid === '' ? {} : { group: `${groupUuid}/${groupTaskCount}` }),
    ...(immutable ? { immutable } : {}),
    ...(onSuccess.length === 0 ? {} : { next: onSuccess.map(wired) }),
    ...(chordCallback === null ? {} : { chord: wired(chordCallback) }),
  }
}
