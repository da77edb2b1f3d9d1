import { UnsupportedError } from '../errors/index.js'
import type { Signature } from '../signature/index.js'
import { localFacts, passesNothingTo, refuseDelay } from '../task/index.js'
import type { CompiledGroup, WorkflowNode } from './compiled-workflow.js'
import { type Drafts, isImmutableByUser } from './drafts.js'
import type { WorkflowIds } from './ids.js'
import type { SizeLimits } from './size-limits.js'
import { endsInGroup, width } from './step-shape.js'
import { type Group, isWorkflow, type Step } from './workflow.js'

/** What comes after a step: nothing, the first signatures of the next one, or the group it belongs to. */
type Follow =
  | { readonly kind: 'nothing' }
  | { readonly kind: 'next'; readonly entries: readonly Signature[] }
  | { readonly kind: 'member'; readonly groupUuid: string; readonly count: number; readonly callback: Signature | null }

interface CompiledStep {
  /** Its first signatures. All others are inside them. */
  readonly entries: readonly Signature[]
  /** Its last signatures. */
  readonly ends: readonly Signature[]
  readonly node: WorkflowNode
}

const nothing: Follow = { kind: 'nothing' }

/** Compiles steps from their end to their beginning, as each signature carries what follows it. */
export class StepCompiler {
  readonly groups: CompiledGroup[] = []
  readonly #ids: WorkflowIds
  readonly #drafts: Drafts
  readonly #limits: SizeLimits
  /** Drafts whose `immutable` is the user's own word. */
  readonly #immutableByUser = new Set<Signature>()

  constructor(ids: WorkflowIds, drafts: Drafts, limits: SizeLimits) {
    this.#ids = ids
    this.#drafts = drafts
    this.#limits = limits
  }

  /** @param step the whole, which alone may be an empty group */
  compile(step: Step): CompiledStep {
    return this.#step(step, nothing, false)
  }

  /** @param isCallback whether the step follows a group */
  #step(step: Step, follow: Follow, isCallback: boolean): CompiledStep {
    if (!isWorkflow(step)) return this.#signature(step, follow, isCallback)
    if (step.kind === 'group') return this.#group(step, follow)
    if (step.kind === 'chain') return this.#chain(step.steps, follow, isCallback)
    return this.#chain([step.group, step.callback], follow, isCallback)
  }

  #signature(source: Signature, follow: Follow, isCallback: boolean): CompiledStep {
    const draft = this.#drafts.copy(source, isCallback)
    if (isImmutableByUser(source)) this.#immutableByUser.add(draft)
    if (follow.kind === 'next') this.#link(draft, follow.entries)
    if (follow.kind === 'member') join(draft, follow)
    this.#limits.check(draft)
    return { entries: [draft], ends: [draft], node: { kind: 'task', uuid: draft.uuid, name: draft.name } }
  }

  #link(draft: Signature, entries: readonly Signature[]): void {
    for (const entry of entries) refuseDelay(entry)
    draft.onSuccess = [...draft.onSuccess, ...entries]
    if (!this.#immutableByUser.has(draft)) draft.immutable = passesNothingTo(draft, draft.onSuccess)
  }

  #chain(steps: readonly Step[], follow: Follow, isCallback: boolean): CompiledStep {
    const compiled: CompiledStep[] = []
    let after = follow
    for (let index = steps.length - 1; index >= 0; index--) {
      const step = steps[index] as Step
      const before = steps[index - 1]
      refuseEmptyGroup(step)
      const current = this.#step(step, after, before === undefined ? isCallback : endsInGroup(before))
      compiled.push(current)
      after = { kind: 'next', entries: current.entries }
    }
    compiled.reverse()
    const [first, last] = [compiled[0], compiled.at(-1)]
    if (first === undefined || last === undefined) throw new TypeError('A chain needs a step. Leave the chain out.')
    const nodes = compiled.map(({ node }) => node)
    return { entries: first.entries, ends: last.ends, node: { kind: 'chain', steps: nodes } }
  }

  #group(group: Group, follow: Follow): CompiledStep {
    // A group that is a member of a group joins its members to that one: their results count in the same order.
    if (follow.kind === 'member') {
      const { entries, ends, nodes } = this.#members(group, follow)
      return { entries, ends, node: { kind: 'group', groupUuid: follow.groupUuid, members: nodes } }
    }
    const groupUuid = this.#ids.group()
    const callback = follow.kind === 'next' ? this.#chordCallback(follow.entries) : null
    const { entries, ends, nodes } = this.#members(group, { kind: 'member', groupUuid, count: width(group), callback })
    if (ends.length > 0) this.groups.push({ groupUuid, taskUuids: ends.map(({ uuid }) => uuid) })
    return { entries, ends, node: { kind: 'group', groupUuid, members: nodes } }
  }

  #members(group: Group, follow: Follow): { entries: Signature[]; ends: Signature[]; nodes: WorkflowNode[] } {
    const members = group.members.map((member) => {
      refuseEmptyGroup(member)
      return this.#step(member, follow, false)
    })
    return {
      entries: members.flatMap(({ entries }) => entries),
      ends: members.flatMap(({ ends }) => ends),
      nodes: members.map(({ node }) => node),
    }
  }

  #chordCallback(entries: readonly Signature[]): Signature {
    const [callback, second] = entries
    if (callback === undefined || second !== undefined) {
      throw new UnsupportedError(
        `A group is followed by ${entries.length} tasks (${entries
          .map(({ name }) => name)
          .slice(0, 5)
          .join(', ')}), and ` +
          'one only can be the callback of its chord. Put a task in between that passes the results on.',
      )
    }
    refuseDelay(callback)
    if (!this.#immutableByUser.has(callback)) this.#decideImmutable(callback)
    return callback
  }

  /** As a chord's callback the flag means "takes no results", as a parent "passes none": both have to want the same. */
  #decideImmutable(callback: Signature): void {
    const { takesNothing = false, results } = localFacts(callback)
    const passesResults = callback.onSuccess.length > 0 && !callback.immutable && results?.length !== 0
    if (takesNothing ? passesResults : callback.immutable) {
      throw new UnsupportedError(
        takesNothing
          ? `Task ${callback.name} takes nothing from the group before it, but passes its results on: a signature has one ` +
              'immutable flag for both. Let it take the results, or put a task in between.'
          : `Task ${callback.name} takes the results of the group before it, but what follows takes nothing (.si): a ` +
              'signature has one immutable flag for both. Let what follows take its results, or put a task in between.',
      )
    }
    if (takesNothing) callback.immutable = true
  }
}

function join(draft: Signature, group: Extract<Follow, { kind: 'member' }>): void {
  if (draft.groupUuid !== '' || draft.chordCallback !== null) {
    throw new TypeError(
      `Task ${draft.name} (${draft.uuid}) belongs to group ${draft.groupUuid} already. Leave its group fields empty.`,
    )
  }
  draft.groupUuid = group.groupUuid
  draft.groupTaskCount = group.count
  draft.chordCallback = group.callback
}

function refuseEmptyGroup(step: Step): void {
  if (!isWorkflow(step) || step.kind !== 'group' || step.members.length > 0) return
  throw new TypeError('An empty group inside a workflow would never finish. Leave it out.')
}
