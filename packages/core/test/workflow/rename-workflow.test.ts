import { expect, test } from 'vitest'
import { chain, chord, group, newChord, newGroup, newSignature } from '../../src/index.js'
import type { Signature } from '../../src/signature/index.js'
import type { CompiledWorkflow, WorkflowIds } from '../../src/workflow/index.js'
import { compileWorkflow, randomIds, renameWorkflow, tasksOf, workflowUuidOf } from '../../src/workflow/index.js'

const task = (value: number): Signature => ({ ...newSignature('t', [{ type: '[]int64', value: [value] }]), uuid: '' })

function countingIds(): WorkflowIds {
  const next = (kind: string): (() => string) => {
    let count = 0
    return () => `${kind} ${count++}`
  }
  return { task: next('task'), group: next('group'), chord: next('chord'), workflow: next('workflow') }
}

/** All signatures that travel, each once. */
function everySignature(compiled: CompiledWorkflow): Signature[] {
  const seen = new Set<Signature>()
  const visit = (signature: Signature | null): void => {
    if (signature === null || seen.has(signature)) return
    seen.add(signature)
    for (const callback of [...signature.onSuccess, ...signature.onError]) visit(callback)
    visit(signature.chordCallback)
  }
  compiled.roots.forEach(visit)
  return [...seen]
}

const error = newSignature('on-error')
const workflows = {
  task: compileWorkflow({ ...task(1), onError: [error] }),
  nested: compileWorkflow(
    chain(task(1), group(task(2), chain(task(3), task(4))), task(5), chord(group(task(6)), task(7))),
  ),
  linked: compileWorkflow(newChord(newGroup(task(1), task(2), task(3)), { ...task(4), onError: [error] })),
}

test.each(Object.entries(workflows))(
  'a renamed workflow (%s) has no UUID of the first, and the same shape',
  (_, first) => {
    const renamed = renameWorkflow(first, countingIds())
    const before = JSON.stringify(first)
    const old = new Set(everySignature(first).flatMap(({ uuid, groupUuid }) => [uuid, groupUuid]))
    old.delete('')
    for (const uuid of old) expect(JSON.stringify(renamed)).not.toContain(uuid)
    expect(everySignature(renamed)).toHaveLength(everySignature(first).length)
    expect(renamed.taskUuids).toEqual(tasksOf(renamed.tree))
    expect(new Set(renamed.taskUuids).size).toBe(first.taskUuids.length)
    for (const signature of everySignature(renamed)) {
      expect(workflowUuidOf(signature)).toBe(first.uuid === '' ? undefined : 'workflow 0')
    }
    // Back to the names it had: nothing else has changed.
    const names = new Map<string, string>()
    everySignature(renamed).forEach((signature, index) => {
      const source = everySignature(first)[index] as Signature
      names.set(signature.uuid, source.uuid)
      if (source.groupUuid !== '') names.set(signature.groupUuid, source.groupUuid)
    })
    names.set(renamed.uuid, first.uuid)
    const restored = JSON.stringify(renamed).replace(
      /"(?:task|group|chord|workflow) \d+"/g,
      (quoted) => `"${names.get(quoted.slice(1, -1))}"`,
    )
    expect(JSON.parse(restored)).toEqual(JSON.parse(before))
  },
)

test('the ids depend on the shape only', () => {
  const again = compileWorkflow(
    chain(task(1), group(task(2), chain(task(3), task(4))), task(5), chord(group(task(6)), task(7))),
  )
  expect(renameWorkflow(again, countingIds())).toEqual(renameWorkflow(workflows.nested, countingIds()))
})

test('nothing is shared with the first, and a chord callback is still one', () => {
  const first = workflows.linked
  const renamed = renameWorkflow(first, randomIds)
  const originals = new Set<unknown>(
    everySignature(first).flatMap((one) => [one, one.args, one.args[0]?.value, one.headers]),
  )
  originals.delete(undefined)
  originals.delete(null)
  for (const one of everySignature(renamed)) {
    for (const part of [one, one.args, one.args[0]?.value, one.headers]) expect(originals.has(part)).toBe(false)
  }
  expect(new Set(renamed.roots.map(({ chordCallback }) => chordCallback)).size).toBe(1)
})
