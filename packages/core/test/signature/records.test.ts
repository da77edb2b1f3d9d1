import { describe, expect, test } from 'vitest'
import type { GroupRecord, TaskState } from '../../src/contracts/index.js'
import { InvalidArgumentError } from '../../src/errors/index.js'
import {
  decodeGroupMeta,
  decodeTaskState,
  encodeGroupMeta,
  encodeTaskState,
  RawNumber,
  zeroTime,
} from '../../src/signature/index.js'
import { Random } from './random.js'
import { bytes } from './samples.js'

const createdAt = '2030-01-02T03:04:05.678901234Z'

describe('a state', () => {
  const pending: TaskState = {
    taskUuid: 'task_1',
    taskName: 'add',
    state: 'PENDING',
    results: null,
    error: '',
    createdAt,
  }
  const samples: [TaskState, string][] = [
    [
      pending,
      `{"TaskUUID":"task_1","TaskName":"add","State":"PENDING","Results":null,"Error":"","CreatedAt":"${createdAt}","TTL":0}`,
    ],
    [
      { ...pending, state: 'SUCCESS', results: [{ type: 'int64', value: 2 }] },
      `{"TaskUUID":"task_1","TaskName":"add","State":"SUCCESS","Results":[{"Type":"int64","Value":2}],"Error":"","CreatedAt":"${createdAt}","TTL":0}`,
    ],
    [
      { ...pending, state: 'RECEIVED', taskName: '', createdAt: zeroTime },
      '{"TaskUUID":"task_1","TaskName":"","State":"RECEIVED","Results":null,"Error":"","CreatedAt":"0001-01-01T00:00:00Z","TTL":0}',
    ],
    [
      { ...pending, state: 'FAILURE', error: 'boom <x>' },
      `{"TaskUUID":"task_1","TaskName":"add","State":"FAILURE","Results":null,"Error":"boom \\u003cx\\u003e","CreatedAt":"${createdAt}","TTL":0}`,
    ],
    [
      { ...pending, state: 'SUCCESS', results: [] },
      `{"TaskUUID":"task_1","TaskName":"add","State":"SUCCESS","Results":[],"Error":"","CreatedAt":"${createdAt}","TTL":0}`,
    ],
  ]

  test.each(samples)('%o is written and read as Go does', (state, text) => {
    expect(encodeTaskState(state)).toBe(text)
    expect(decodeTaskState(text)).toEqual(state)
    expect(decodeTaskState(bytes(text))).toEqual(state)
  })

  test('keeps results digit by digit', () => {
    const results = [
      { type: 'int64', value: 9223372036854775807n },
      { type: 'float64', value: new RawNumber('1.50') },
      { type: '[]string', value: ['],"Error":"', '"}]'] },
      { type: 'map[string]interface {}', value: { a: [1e21, -0.5], b: null } },
      { type: 'string', value: 'plain' },
      { type: 'float64', value: 0.25 },
    ]
    for (const some of [results, ...results.map((result) => [result])]) {
      const state: TaskState = { ...pending, state: 'SUCCESS', results: some }
      const text = encodeTaskState(state)
      expect(encodeTaskState(decodeTaskState(text))).toBe(text)
    }
  })

  test('is read as tolerantly as Go reads it', () => {
    expect(decodeTaskState('{"taskuuid":"t","STATE":"RETRY","Foo":1}')).toEqual({
      taskUuid: 't',
      taskName: '',
      state: 'RETRY',
      results: null,
      error: '',
      createdAt: zeroTime,
    })
    expect(decodeTaskState(`${samples[1]?.[1]}trailing`)).toEqual(samples[1]?.[0])
    expect(decodeTaskState('{"State":"SUCCESS","Results":[null,{"type":"int64","value":1}]}').results).toEqual([
      { type: '', value: null },
      { type: 'int64', value: 1 },
    ])
    const duplicate = samples[1]?.[1].replace('"Error":""', '"Error":"","X":[],"Error":"y"') ?? ''
    expect(decodeTaskState(duplicate).error).toBe('y')
  })

  test.each([
    ['', 'EOF'],
    ['{', 'unexpected EOF'],
    ['[]', 'json: cannot unmarshal array into Go value of type tasks.TaskState'],
    ['{}', '"" is not a state of a task'],
    ['null', '"" is not a state of a task'],
    ['{"State":"DONE"}', '"DONE" is not a state of a task'],
    ['{"State":5}', 'Go struct field TaskState.State of type string'],
    ['{"State":"SUCCESS","Results":{}}', 'Go struct field TaskState.Results of type []*tasks.TaskResult'],
    ['{"State":"SUCCESS","Results":[5]}', 'Go struct field TaskState.Results of type tasks.TaskResult'],
    [`{"State":"SUCCESS","Results":${'['.repeat(100_000)}`, 'exceeded max depth'],
  ])('%.50j is refused', (text, message) => {
    expect(() => decodeTaskState(text)).toThrow(SyntaxError)
    expect(() => decodeTaskState(bytes(text))).toThrow(message)
    expect(() => decodeTaskState(text)).toThrow(/^Could not unmarshal '.*' into a task state: /)
  })

  test('with a result that JSON cannot hold is refused', () => {
    const cyclic: unknown[] = []
    cyclic.push(cyclic)
    for (const value of [Number.NaN, cyclic, undefined, () => 1]) {
      expect(() => encodeTaskState({ ...pending, state: 'SUCCESS', results: [{ type: 'x', value }] })).toThrow(
        InvalidArgumentError,
      )
    }
  })

  test('is the same after writing and reading, whatever is in it', () => {
    const random = new Random(9)
    for (let i = 0; i < 2000; i++) {
      const state: TaskState = {
        taskUuid: random.text(),
        taskName: random.text(),
        state: random.pick(['PENDING', 'RECEIVED', 'STARTED', 'RETRY', 'SUCCESS', 'FAILURE']),
        results: random.pick([null, random.list(3, () => ({ type: random.text(), value: random.value() }))]),
        error: random.text(),
        createdAt,
      }
      const text = encodeTaskState(state)
      const { results, ...fields } = decodeTaskState(text)
      expect({ ...fields, results: null }).toEqual({ ...state, results: null })
      expect(encodeTaskState({ ...fields, results })).toBe(text)
    }
  })
})

describe('a group', () => {
  const group: GroupRecord = { groupUuid: 'group_x', taskUuids: ['g1', 'g2'], chordTriggered: false, createdAt }
  const text = `{"GroupUUID":"group_x","TaskUUIDs":["g1","g2"],"ChordTriggered":false,"Lock":false,"CreatedAt":"${createdAt}","TTL":0}`

  test('is written and read as Go does', () => {
    expect(encodeGroupMeta(group)).toBe(text)
    expect(decodeGroupMeta(text)).toEqual(group)
    expect(decodeGroupMeta(bytes(text))).toEqual(group)
    expect(decodeGroupMeta(encodeGroupMeta({ ...group, chordTriggered: true }))).toEqual({
      ...group,
      chordTriggered: true,
    })
    expect(decodeGroupMeta(encodeGroupMeta({ ...group, taskUuids: [] })).taskUuids).toEqual([])
  })

  test('that Go locked is read', () => {
    expect(decodeGroupMeta(text.replace('"Lock":false', '"Lock":true'))).toEqual(group)
  })

  test('is read as tolerantly as Go reads it', () => {
    expect(decodeGroupMeta('{"groupuuid":"g","TaskUUIDs":null}')).toEqual({
      groupUuid: 'g',
      taskUuids: [],
      chordTriggered: false,
      createdAt: zeroTime,
    })
  })

  test.each([
    ['', 'EOF'],
    ['[]', 'json: cannot unmarshal array into Go value of type tasks.GroupMeta'],
    ['{"TaskUUIDs":[5]}', 'Go struct field GroupMeta.TaskUUIDs of type string'],
    ['{"ChordTriggered":1}', 'Go struct field GroupMeta.ChordTriggered of type bool'],
  ])('%j is refused', (stored, message) => {
    expect(() => decodeGroupMeta(stored)).toThrow(SyntaxError)
    expect(() => decodeGroupMeta(bytes(stored))).toThrow(message)
    expect(() => decodeGroupMeta(stored)).toThrow(`Could not unmarshal '${stored}' into a group: `)
  })
})
