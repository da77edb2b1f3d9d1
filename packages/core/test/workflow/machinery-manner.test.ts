import { describe, expect, test } from 'vitest'
import { encodeSignatureText, newSignature, type Signature, type SignatureArg } from '../../src/signature/index.js'
import { compileWorkflow, newChain, newChord, newGroup } from '../../src/workflow/index.js'
import { add, alone, step, wired } from './support.js'

const int64 = (value: number): SignatureArg => ({ type: 'int64', value })
const signature = (uuid: string, name: string, ...args: SignatureArg[]): Signature => ({
  ...newSignature(name, args),
  uuid,
})
/** What a server does to a signature when it sends it. */
const sent = (root: Signature | undefined): string => encodeSignatureText({ ...(root as Signature), routingKey: 'q' })

describe('newChain()', () => {
  test('writes the bytes that Machinery writes', () => {
    const chain = newChain(signature('c1', 'add', int64(1)), signature('c2', 'multiply', int64(4)))
    expect(sent(compileWorkflow(chain).roots[0])).toBe(
      '{"UUID":"c1","Name":"add","RoutingKey":"q","ETA":null,"GroupUUID":"","GroupTaskCount":0,"Args":[{"Name":"","Type":"int64","Value":1}],"Headers":{},"Priority":0,"Immutable":false,"RetryCount":0,"RetryTimeout":0,"OnSuccess":[{"UUID":"c2","Name":"multiply","RoutingKey":"","ETA":null,"GroupUUID":"","GroupTaskCount":0,"Args":[{"Name":"","Type":"int64","Value":4}],"Headers":null,"Priority":0,"Immutable":false,"RetryCount":0,"RetryTimeout":0,"OnSuccess":null,"OnError":null,"ChordCallback":null,"BrokerMessageGroupId":"","SQSReceiptHandle":"","StopTaskDeletionOnError":false,"IgnoreWhenTaskNotRegistered":false}],"OnError":null,"ChordCallback":null,"BrokerMessageGroupId":"","SQSReceiptHandle":"","StopTaskDeletionOnError":false,"IgnoreWhenTaskNotRegistered":false}',
    )
  })

  test('replaces callbacks, but for those of the last signature (F-4)', () => {
    const own = step('own')
    const { tasks } = newChain(step('a').with({ onSuccess: own }), step('b').with({ onSuccess: own }))
    expect(tasks.map(wired)).toEqual([
      { uuid: 'a', next: [{ uuid: 'b', next: [{ uuid: 'own' }] }] },
      { uuid: 'b', next: [{ uuid: 'own' }] },
    ])
  })

  test('waits for its last task', () => {
    const compiled = compileWorkflow(newChain(step('a'), step('b'), step('c')))
    expect(compiled).toMatchObject({
      uuid: '',
      groups: [],
      isMany: false,
      ends: [{ uuid: 'c', name: 'c' }],
      taskUuids: ['a', 'b', 'c'],
    })
  })

  test('links copies and gives missing UUIDs', () => {
    const [first, second] = [add.s(1, 1), add.s(2)]
    const { tasks } = newChain(first, second)
    expect([first.onSuccess, first.uuid, second.uuid]).toEqual([[], '', ''])
    expect(tasks.map(({ uuid }) => uuid)).toEqual([expect.stringMatching(/^task_/), expect.stringMatching(/^task_/)])
    expect(tasks[0]?.onSuccess[0]).toBe(tasks[1])
  })

  test('makes a parent immutable where the next signature takes nothing', () => {
    expect(newChain(step('a'), alone('b')).tasks[0]?.immutable).toBe(true)
    expect(newChain(step('a').with({ onSuccess: alone('x') }), step('b')).tasks[0]?.immutable).toBe(false)
    expect(newChain({ ...newSignature('a', []), immutable: true }, step('b')).tasks[0]?.immutable).toBe(true)
  })

  test('refuses nothing at all, UUIDs that occur twice, and delays that nobody could count', () => {
    expect(() => newChain()).toThrow(TypeError)
    expect(() => newChain(step('a'), step('a'))).toThrow(/occurs twice/)
    expect(() => newChain(step('a'), step('b').with({ delay: 1 }))).toThrow(/Use eta/)
  })
})

describe('newGroup()', () => {
  test('gives copies one group and their number', () => {
    const [first, second] = [newSignature('a', []), newSignature('b', [])]
    const group = newGroup(first, second)
    expect(group.groupUuid).toMatch(/^group_[0-9a-f-]{36}$/)
    expect(group.tasks.map(wired)).toEqual([first, second].map(({ uuid }) => ({ uuid, group: `${group.groupUuid}/2` })))
    expect(first.groupUuid).toBe('')
    expect(compileWorkflow(group)).toMatchObject({
      roots: group.tasks.map(({ uuid }) => ({ uuid, headers: {} })),
      groups: [{ groupUuid: group.groupUuid, taskUuids: [first.uuid, second.uuid] }],
      isMany: true,
      taskUuids: [first.uuid, second.uuid],
    })
  })

  test('without signatures sends nothing', () => {
    expect(compileWorkflow(newGroup())).toMatchObject({ roots: [], groups: [], ends: [], taskUuids: [] })
  })

  test('keeps its UUIDs however often it is sent', () => {
    const group = newGroup(add.s(1, 1))
    expect(compileWorkflow(group)).toEqual(compileWorkflow(group))
  })
})

describe('newChord()', () => {
  test('writes the bytes that Machinery writes', () => {
    const group = newGroup(signature('g1', 'add', int64(1)), signature('g2', 'add', int64(2)))
    const chord = newChord(group, signature('chord_x', 'multiply'))
    const bytes = sent(compileWorkflow(chord).roots[0]).replace(group.groupUuid, 'group_x')
    expect(bytes).toBe(
      '{"UUID":"g1","Name":"add","RoutingKey":"q","ETA":null,"GroupUUID":"group_x","GroupTaskCount":2,"Args":[{"Name":"","Type":"int64","Value":1}],"Headers":{},"Priority":0,"Immutable":false,"RetryCount":0,"RetryTimeout":0,"OnSuccess":null,"OnError":null,"ChordCallback":{"UUID":"chord_x","Name":"multiply","RoutingKey":"","ETA":null,"GroupUUID":"","GroupTaskCount":0,"Args":null,"Headers":{},"Priority":0,"Immutable":false,"RetryCount":0,"RetryTimeout":0,"OnSuccess":null,"OnError":null,"ChordCallback":null,"BrokerMessageGroupId":"","SQSReceiptHandle":"","StopTaskDeletionOnError":false,"IgnoreWhenTaskNotRegistered":false},"BrokerMessageGroupId":"","SQSReceiptHandle":"","StopTaskDeletionOnError":false,"IgnoreWhenTaskNotRegistered":false}',
    )
  })

  test('waits for its callback, and leaves group and callback as they are', () => {
    const [group, callback] = [newGroup(step('a'), step('b')), add.s()]
    const chord = newChord(group, callback)
    expect(chord.callback.uuid).toMatch(/^chord_/)
    expect([callback.uuid, group.tasks[0]?.chordCallback]).toEqual(['', null])
    expect(compileWorkflow(chord)).toMatchObject({
      groups: [{ groupUuid: group.groupUuid, taskUuids: ['a', 'b'] }],
      ends: [{ uuid: chord.callback.uuid, name: 'add' }],
      isMany: false,
      taskUuids: ['a', 'b', chord.callback.uuid],
      tree: { kind: 'chord', callback: { kind: 'task' } },
    })
  })

  test('refuses an empty group, and makes a callback that takes nothing immutable', () => {
    expect(() => newChord(newGroup(), step('z'))).toThrow(/needs a member/)
    expect(newChord(newGroup(step('a')), alone('z')).callback.immutable).toBe(true)
    expect(newChord(newGroup(step('a')), step('z')).callback.immutable).toBe(false)
  })
})
