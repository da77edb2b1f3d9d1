import { describe, expect, test } from 'vitest'
import { emptySignature, encodeSignatureText, newSignature, type Signature } from '../../src/signature/index.js'
import { int, localFacts } from '../../src/task/index.js'
import { chain, chord, compileWorkflow, group, workflowUuidOf } from '../../src/workflow/index.js'
import { add, alone, countingIds, log, step, sum, type Wired, wired } from './support.js'

const compile = (workflow: Parameters<typeof compileWorkflow>[0]) => compileWorkflow(workflow, countingIds())
const roots = (workflow: Parameters<typeof compileWorkflow>[0]): Wired[] => compile(workflow).roots.map(wired)

/** Every signature of a message. */
function all(signature: Signature): Signature[] {
  const { onSuccess, onError, chordCallback } = signature
  return [signature, ...[...onSuccess, ...onError, ...(chordCallback === null ? [] : [chordCallback])].flatMap(all)]
}

describe('a chain', () => {
  test('puts each step into the onSuccess of the one before (F-1)', () => {
    const compiled = compile(chain(add.s(1, 1), add.s(5), sum.s()))
    expect(compiled.roots.map(wired)).toEqual([{ uuid: 't3', next: [{ uuid: 't2', next: [{ uuid: 't1' }] }] }])
    expect(compiled.roots[0]?.args).toEqual(add.s(1, 1).args)
    expect(compiled.roots[0]?.onSuccess[0]?.args).toEqual([{ type: 'int64', value: 5 }])
    expect(compiled.groups).toEqual([])
    expect(compiled.ends).toEqual([{ uuid: 't1', name: 'sum', results: [int] }])
    expect(compiled).toMatchObject({ isMany: false, taskUuids: ['t3', 't2', 't1'] })
  })

  test('makes the parent immutable where the next step takes nothing (F-2)', () => {
    expect(roots(chain(step('a'), alone('b'), step('c')))).toEqual([
      { uuid: 'a', immutable: true, next: [{ uuid: 'b', next: [{ uuid: 'c' }] }] },
    ])
  })

  test('keeps callbacks that a step has already', () => {
    const own = step('a').with({ onSuccess: step('own'), onError: step('oops') })
    expect(roots(chain(own, step('b')))).toEqual([{ uuid: 'a', next: [{ uuid: 'own' }, { uuid: 'b' }] }])
    expect(compile(chain(own, step('b'))).roots[0]?.onError.map(({ uuid }) => uuid)).toEqual(['oops'])
  })

  test('leaves a flag that the user set', () => {
    expect(roots(chain(step('a').with({ immutable: true }), alone('b')))).toMatchObject([{ immutable: true }])
  })

  test('inside a chain is the same as its steps', () => {
    expect(roots(chain(step('a'), chain(step('b'), chain(step('c'))), step('d')))).toEqual(
      roots(chain(step('a'), step('b'), step('c'), step('d'))),
    )
  })

  test('of 1001 steps is possible, one more is refused before anything is sent', () => {
    const steps = (count: number) => Array.from({ length: count }, () => newSignature('t', []))
    const { roots: deep } = compileWorkflow(chain(...steps(1001)))
    expect(encodeSignatureText(deep[0] as Signature).match(/"UUID"/g)).toHaveLength(1001)
    expect(() => compileWorkflow(chain(...steps(1002)))).toThrow(
      expect.objectContaining({ code: 'MACHINERY_UNSUPPORTED', message: expect.stringContaining('More than 1000') }),
    )
  })
})

describe('a group', () => {
  test('gives its members one group and their number (F-13)', () => {
    const compiled = compile(group(step('a'), step('b'), step('c')))
    expect(compiled.roots.map(wired)).toEqual([
      { uuid: 'a', group: 'g1/3' },
      { uuid: 'b', group: 'g1/3' },
      { uuid: 'c', group: 'g1/3' },
    ])
    expect(compiled.groups).toEqual([{ groupUuid: 'g1', taskUuids: ['a', 'b', 'c'] }])
    expect(compiled).toMatchObject({ isMany: true, taskUuids: ['a', 'b', 'c'] })
  })

  test('without members sends nothing (F-11)', () => {
    expect(compile(group())).toMatchObject({ roots: [], groups: [], ends: [], isMany: true, taskUuids: [] })
  })

  test('is complete when the last steps of its chains are', () => {
    const compiled = compile(group(chain(step('a'), step('b')), step('c')))
    expect(compiled.roots.map(wired)).toEqual([
      { uuid: 'a', next: [{ uuid: 'b', group: 'g1/2' }] },
      { uuid: 'c', group: 'g1/2' },
    ])
    expect(compiled.groups).toEqual([{ groupUuid: 'g1', taskUuids: ['b', 'c'] }])
    expect(compiled.ends.map(({ uuid }) => uuid)).toEqual(['b', 'c'])
  })

  test('inside a group joins its members to it, in order', () => {
    const compiled = compile(
      group(step('a'), group(step('b'), chain(step('c'), group(step('d'), step('e')))), step('f')),
    )
    expect(compiled.groups).toEqual([{ groupUuid: 'g1', taskUuids: ['a', 'b', 'd', 'e', 'f'] }])
    expect(compiled.roots.map(wired)).toEqual([
      { uuid: 'a', group: 'g1/5' },
      { uuid: 'b', group: 'g1/5' },
      {
        uuid: 'c',
        next: [
          { uuid: 'd', group: 'g1/5' },
          { uuid: 'e', group: 'g1/5' },
        ],
      },
      { uuid: 'f', group: 'g1/5' },
    ])
  })

  test('after a step is what that step sends', () => {
    const compiled = compile(chain(step('a'), group(step('b'), step('c'))))
    expect(compiled.roots.map(wired)).toEqual([
      {
        uuid: 'a',
        next: [
          { uuid: 'b', group: 'g1/2' },
          { uuid: 'c', group: 'g1/2' },
        ],
      },
    ])
    expect(compiled.groups).toEqual([{ groupUuid: 'g1', taskUuids: ['b', 'c'] }])
    expect(compiled).toMatchObject({ isMany: true, ends: [{ uuid: 'b' }, { uuid: 'c' }] })
  })

  test('keeps what its members do beside (F-9)', () => {
    const member = step('a').with({ onSuccess: step('own') })
    expect(roots(chord(group(member), step('z')))).toEqual([
      { uuid: 'a', group: 'g1/1', next: [{ uuid: 'own' }], chord: { uuid: 'z' } },
    ])
  })

  test('of 10000 is compiled once per member', () => {
    const members = Array.from({ length: 10_000 }, () => add.s(1, 1))
    const compiled = compile(chord(group(...members), sum.s()))
    expect(compiled.roots).toHaveLength(10_000)
    expect(new Set(compiled.roots.map(({ chordCallback }) => chordCallback)).size).toBe(1)
    expect(new Set(compiled.taskUuids).size).toBe(10_001)
  })
})

describe('a chord', () => {
  const members = [step('a'), step('b')] as const

  test('gives each member its callback (F-5)', () => {
    const compiled = compile(chord(group(add.s(1, 1), add.s(2, 2)), sum.s(100)))
    expect(compiled.roots.map(wired)).toEqual([
      { uuid: 't1', group: 'g1/2', chord: { uuid: 'c1' } },
      { uuid: 't2', group: 'g1/2', chord: { uuid: 'c1' } },
    ])
    expect(compiled.roots[0]?.chordCallback?.args).toEqual([{ type: 'int64', value: 100 }])
    expect(compiled.ends).toEqual([{ uuid: 'c1', name: 'sum', results: [int] }])
    expect(compiled.isMany).toBe(false)
  })

  test('makes the callback itself immutable where it takes nothing (F-6)', () => {
    expect(roots(chord(group(...members), alone('z')))).toMatchObject([
      { uuid: 'a', chord: { uuid: 'z', immutable: true } },
      { uuid: 'b', chord: { uuid: 'z', immutable: true } },
    ])
  })

  test('leaves its members as they are (F-7)', () => {
    const silent = step('a').with({ immutable: true })
    expect(roots(chord(group(silent), step('z')))).toEqual([
      { uuid: 'a', group: 'g1/1', immutable: true, chord: { uuid: 'z' } },
    ])
  })

  test('is what a group followed by a step in a chain is', () => {
    expect(roots(chain(group(...members), step('z')))).toEqual(roots(chord(group(...members), step('z'))))
  })

  test('goes on in the onSuccess of its callback', () => {
    expect(roots(chain(chord(group(...members), step('z')), step('y'), step('x')))).toEqual([
      { uuid: 'a', group: 'g1/2', chord: { uuid: 'z', next: [{ uuid: 'y', next: [{ uuid: 'x' }] }] } },
      { uuid: 'b', group: 'g1/2', chord: { uuid: 'z', next: [{ uuid: 'y', next: [{ uuid: 'x' }] }] } },
    ])
  })

  test('takes a chain as its callback, and one that ends in a group', () => {
    const compiled = compile(chord(group(step('a')), chain(step('z'), group(step('x'), step('y')))))
    expect(compiled.roots.map(wired)).toEqual([
      {
        uuid: 'a',
        group: 'g2/1',
        chord: {
          uuid: 'z',
          next: [
            { uuid: 'x', group: 'g1/2' },
            { uuid: 'y', group: 'g1/2' },
          ],
        },
      },
    ])
    expect(compiled.groups.map(({ taskUuids }) => taskUuids)).toEqual([['x', 'y'], ['a']])
    expect(compiled).toMatchObject({ isMany: true, ends: [{ uuid: 'x' }, { uuid: 'y' }] })
  })

  test('of chords counts as one member each: its callback carries the outer group', () => {
    const inner = (name: string) => chord(group(step(`${name}1`), step(`${name}2`)), step(name))
    const compiled = compile(chord(group(inner('a'), inner('b')), step('z')))
    const callback = (uuid: string): Wired => ({ uuid, group: 'g1/2', chord: { uuid: 'z' } })
    expect(compiled.roots.map(wired)).toEqual([
      { uuid: 'a1', group: 'g2/2', chord: callback('a') },
      { uuid: 'a2', group: 'g2/2', chord: callback('a') },
      { uuid: 'b1', group: 'g3/2', chord: callback('b') },
      { uuid: 'b2', group: 'g3/2', chord: callback('b') },
    ])
    expect(compiled.groups).toContainEqual({ groupUuid: 'g1', taskUuids: ['a', 'b'] })
    expect(compiled.groups).toContainEqual({ groupUuid: 'g2', taskUuids: ['a1', 'a2'] })
    expect(compiled.groups).toContainEqual({ groupUuid: 'g3', taskUuids: ['b1', 'b2'] })
    expect(compiled.taskUuids).toEqual(['a1', 'a2', 'a', 'b1', 'b2', 'b', 'z'])
  })

  test('without members is refused (F-11)', () => {
    expect(() => chord(group(), sum.s())).toThrow(/needs a member/)
    expect(() => compile(chain(group(), sum.s()))).toThrow(/empty group/)
    expect(() => compile(group(step('a'), group()))).toThrow(/empty group/)
  })
})

describe('nesting', () => {
  test('in the shape of the manual: chain(a, group(b, chain(c, d)), e)', () => {
    const compiled = compile(chain(step('a'), group(step('b'), chain(step('c'), step('d'))), step('e')))
    expect(compiled.roots.map(wired)).toEqual([
      {
        uuid: 'a',
        next: [
          { uuid: 'b', group: 'g1/2', chord: { uuid: 'e' } },
          { uuid: 'c', next: [{ uuid: 'd', group: 'g1/2', chord: { uuid: 'e' } }] },
        ],
      },
    ])
    expect(compiled.groups).toEqual([{ groupUuid: 'g1', taskUuids: ['b', 'd'] }])
    expect(compiled.tree).toEqual({
      kind: 'chain',
      steps: [
        { kind: 'task', uuid: 'a', name: 'a' },
        {
          kind: 'group',
          groupUuid: 'g1',
          members: [
            { kind: 'task', uuid: 'b', name: 'b' },
            {
              kind: 'chain',
              steps: [
                { kind: 'task', uuid: 'c', name: 'c' },
                { kind: 'task', uuid: 'd', name: 'd' },
              ],
            },
          ],
        },
        { kind: 'task', uuid: 'e', name: 'e' },
      ],
    })
    expect(JSON.parse(JSON.stringify(compiled.tree))).toEqual(compiled.tree)
  })

  test('records the groups of every level before anything runs', () => {
    const compiled = compile(
      chain(group(step('a'), step('b')), step('c'), group(step('d'), chain(group(step('e'), step('f')), step('g')))),
    )
    expect(compiled.roots.map(({ uuid }) => uuid)).toEqual(['a', 'b'])
    expect(compiled.groups.map(({ taskUuids }) => taskUuids).toSorted()).toEqual([
      ['a', 'b'],
      ['d', 'g'],
      ['e', 'f'],
    ])
    for (const { groupUuid, taskUuids } of compiled.groups) {
      const members = compiled.roots.flatMap(all).filter((signature) => signature.groupUuid === groupUuid)
      expect(new Set(members.map(({ uuid }) => uuid))).toEqual(new Set(taskUuids))
      for (const member of members) expect(member.groupTaskCount).toBe(taskUuids.length)
    }
  })
})

describe('what signatures cannot express', () => {
  const unsupported = (run: () => unknown, message: RegExp): void => {
    expect(run).toThrow(
      expect.objectContaining({ code: 'MACHINERY_UNSUPPORTED', message: expect.stringMatching(message) }),
    )
  }
  const pair = group(step('a'), step('b'))

  test('is a group right after a group', () => {
    unsupported(
      () => compile(chain(pair, chain(group(step('c'), step('d'))))),
      /followed by 2 tasks \(c, d\).*Put a task in between/,
    )
    unsupported(() => compile(chord(pair, chord(group(step('c'), step('d')), step('e')))), /followed by 2 tasks/)
  })

  test('is a parent that passes its results to some only', () => {
    unsupported(
      () => compile(chain(step('a'), group(step('b'), alone('c')))),
      /cannot pass its results to b \(number 1 of what follows\) but not to c \(number 2/,
    )
    unsupported(
      () => compile(chain(step('a').with({ onSuccess: step('own') }), alone('b'))),
      /to own \(number 1 of what follows\) but not to b/,
    )
  })

  test('is a callback that takes results and passes none, or the other way round', () => {
    unsupported(() => compile(chain(pair, step('c'), alone('d'))), /Task c takes the results/)
    unsupported(() => compile(chain(pair, alone('c'), step('d'))), /Task c takes nothing/)
    const viaWith = step('c').with({ onSuccess: alone('d') })
    unsupported(() => compile(chord(pair, viaWith)), /Task c takes the results/)
  })

  test('is none of that where there is nothing to pass', () => {
    const note = log.s().with({ uuid: 'note' })
    expect(roots(chain(group(newSignature('x', [])), note, alone('z')))[0]?.chord).toEqual({
      uuid: 'note',
      next: [{ uuid: 'z' }],
    })
    expect(roots(chain(pair, alone('c'), alone('d')))[0]?.chord).toEqual({
      uuid: 'c',
      immutable: true,
      next: [{ uuid: 'd' }],
    })
  })

  test('is a delay that is counted from the step before', () => {
    const late = step('b').with({ delay: '1s' })
    unsupported(() => compile(chain(step('a'), late)), /Use eta/)
    unsupported(() => compile(chord(pair, late)), /Use eta/)
    unsupported(() => compile(chain(step('a'), group(late))), /Use eta/)
    unsupported(() => compile({ ...emptySignature(), name: 'x', onError: [late] }), /Use eta/)
    expect(localFacts(compile(chain(late, step('c'))).roots[0] as Signature).delayMs).toBe(1000)
  })

  test('is a message that would never end: chords in a row multiply', () => {
    const steps = Array.from({ length: 9 }, () => chord(group(...Array.from({ length: 10 }, () => add.s(1))), sum.s()))
    unsupported(() => compile(chain(newSignature('x', []), ...(steps as never[]))), /would carry \d+ signatures/)
  })
})

describe('uuids', () => {
  test('are fresh each time, so that a workflow can be sent again', () => {
    const workflow = chord(group(add.s(1, 1)), sum.s())
    const [first, second] = [compileWorkflow(workflow), compileWorkflow(workflow)]
    expect(first.taskUuids).toHaveLength(2)
    expect(new Set([...first.taskUuids, ...second.taskUuids]).size).toBe(4)
    expect(first.groups[0]?.groupUuid).not.toBe(second.groups[0]?.groupUuid)
    expect(first.roots[0]?.uuid).toMatch(/^task_/)
    expect(first.roots[0]?.chordCallback?.uuid).toMatch(/^chord_/)
  })

  test('are the user’s where he set them, once', () => {
    expect(() => compile(chain(step('a'), step('a')))).toThrow(/UUID a \(task a\) occurs twice/)
    expect(() => compile(chain(step('a').with({ onError: step('b') }), step('b')))).toThrow(TypeError)
  })

  test('that were made up are made again for a signature that occurs twice', () => {
    const [typed, plain] = [add.s(1), newSignature('plain', [])]
    const { taskUuids } = compileWorkflow(chain(plain, typed, plain, typed))
    expect(taskUuids.filter((uuid) => uuid === plain.uuid)).toHaveLength(1)
    expect(new Set(taskUuids).size).toBe(4)
  })

  test('are given to callbacks of callbacks too, so that repeating a step repeats no task', () => {
    const bare = add.s(1)
    const {
      roots: [root],
    } = compile(add.s(1, 1).with({ onSuccess: bare.with({ onError: bare }), onError: bare }))
    expect(
      all(root as Signature)
        .map(({ uuid }) => uuid)
        .toSorted(),
    ).toEqual(['t1', 't2', 't3', 't4'])
  })
})

describe('a compiled workflow', () => {
  test('names itself in a private header of every signature', () => {
    const failed = step('oops')
    const compiled = compile(chain(step('a').with({ onError: failed }), group(step('b')), step('c')))
    for (const signature of compiled.roots.flatMap(all))
      expect(signature.headers).toEqual({ 'machinery-ts-workflow': 'w1' })
    expect(compiled.uuid).toBe('w1')
    expect(workflowUuidOf(compiled.roots[0] as Signature)).toBe('w1')
    expect(workflowUuidOf(step('a'))).toBeUndefined()
  })

  test('changes nothing of what it came from', () => {
    const parts = [step('a').with({ headers: { k: 'v' } }), step('b'), step('c')] as const
    const before = structuredClone(parts.map((part) => ({ ...part })))
    compile(chain(parts[0], group(parts[1]), parts[2]))
    expect(parts.map((part) => ({ ...part }))).toMatchObject(before)
  })

  test('of one signature is that signature, ready to be sent', () => {
    const compiled = compile(add.s(1, 2).with({ delay: 5 }))
    expect(compiled).toMatchObject({ uuid: '', groups: [], isMany: false, taskUuids: ['t1'] })
    expect(compiled.roots).toMatchObject([{ uuid: 't1', headers: {}, args: add.s(1, 2).args }])
    expect(localFacts(compiled.roots[0] as Signature).delayMs).toBe(5)
  })

  test('refuses members that belong to a group already', () => {
    const taken: Signature = { ...newSignature('t', []), groupUuid: 'other', groupTaskCount: 2 }
    expect(() => compile(group(taken))).toThrow(/belongs to group other already/)
  })

  test('keeps a chord that was linked by hand: one callback for all its members', () => {
    const callback = newSignature('z', [])
    const member = (uuid: string): Signature => ({
      ...newSignature('m', []),
      uuid,
      groupUuid: 'mine',
      groupTaskCount: 2,
      chordCallback: callback,
    })
    const parent: Signature = { ...newSignature('p', []), onSuccess: [member('a'), member('b')] }
    const callbacks = compile(parent).roots[0]?.onSuccess.map(({ chordCallback }) => chordCallback?.uuid)
    expect(callbacks).toEqual([callback.uuid, callback.uuid])
  })

  test('without steps is refused', () => {
    expect(() => chain(...([] as Signature[]))).toThrow(/needs a step/)
  })
})
