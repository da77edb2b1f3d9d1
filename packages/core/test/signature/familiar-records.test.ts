import { describe, expect, test } from 'vitest'
import { decodeGroupMeta, decodeTaskState, encodeGroupMeta, encodeTaskState } from '../../src/signature/index.js'
import { Random } from './random.js'

const createdAt = '2030-01-02T03:04:05.678901234Z'
const pending = { taskUuid: 'task_1', taskName: 'add', state: 'PENDING', results: null, error: '', createdAt } as const

/** What reading a record comes to: what is in it, or that it is none. */
function reading(decode: (text: string) => unknown, text: string): unknown {
  try {
    return decode(text)
  } catch {
    return 'none'
  }
}

/** Go ignores what follows the record, and with it no record is an ordinary one: it is read the general way. */
function readingTheGeneralWay(decode: (text: string) => unknown, text: string): unknown {
  return reading(decode, `${text} trailing`)
}

function damaged(text: string, at: number, random: Random): readonly string[] {
  const char = random.pick(['"', ',', ':', '\\', '{', '}', '[', ']', '\n', 'x', ' '])
  return [
    text.slice(0, at) + char + text.slice(at + 1),
    text.slice(0, at) + char + text.slice(at),
    ...[1, 2, 13, 40].map((length) => text.slice(0, at) + text.slice(at + length)),
  ]
}

describe('a state that looks like one before', () => {
  const text = encodeTaskState(pending)

  test('is read as if there had been none', () => {
    for (const uuid of ['task_2', '', 'a'.repeat(300), 'quo"ted', 'back\\slash', '","TaskName":"x', 'ü', '\n']) {
      for (const change of [{}, { taskName: 'sub' }, { state: 'RETRY' }, { createdAt: '2031-01-01T00:00:00Z' }]) {
        const state = { ...pending, ...change, taskUuid: uuid } as typeof pending
        expect(decodeTaskState(text)).toEqual(pending)
        expect(decodeTaskState(encodeTaskState(state))).toEqual(state)
      }
    }
  })

  test('may differ in each of its characters', () => {
    const random = new Random(41)
    for (let at = 0; at < text.length; at++) {
      for (const other of damaged(text, at, random)) {
        decodeTaskState(text)
        expect(reading(decodeTaskState, other), other).toEqual(readingTheGeneralWay(decodeTaskState, other))
      }
    }
  })

  test('is an object of its own', () => {
    const [one, other] = [decodeTaskState(text), decodeTaskState(text)]
    Object.assign(one, { taskName: 'changed' })
    expect(other).toEqual(pending)
    expect(decodeTaskState(text)).toEqual(pending)
  })
})

describe('an ordinary group', () => {
  const group = { groupUuid: 'group_x', taskUuids: ['task_1', 'b', ''], chordTriggered: false, createdAt }
  const text = encodeGroupMeta(group)

  test('is read as any other', () => {
    for (const taskUuids of [['a'], ['a', 'b'], [], [''], ['', ''], ['quo"ted', 'b'], ['",'], ['a]', '{b}'], ['ü']]) {
      expect(decodeGroupMeta(encodeGroupMeta({ ...group, taskUuids }))).toEqual({ ...group, taskUuids })
    }
    const triggered = text.replace('"ChordTriggered":false', '"ChordTriggered": true')
    expect(decodeGroupMeta(triggered)).toEqual({ ...group, chordTriggered: true })
    const many = { ...group, taskUuids: Array.from({ length: 50_000 }, (_, index) => `task_${index}`) }
    expect(decodeGroupMeta(encodeGroupMeta(many))).toEqual(many)
  })

  test('may be damaged in each of its characters', () => {
    const random = new Random(42)
    for (let at = 0; at < text.length; at++) {
      for (const other of damaged(text, at, random)) {
        expect(reading(decodeGroupMeta, other), other).toEqual(readingTheGeneralWay(decodeGroupMeta, other))
      }
    }
  })
})
