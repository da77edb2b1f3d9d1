import type { TaskResult, TaskState, TaskStateName } from '../contracts/index.js'
import { escapeGoString } from './escape-go-string.js'
import { parseJson } from './parse-json.js'
import { parseRecord } from './parse-record.js'
import { stringifyJson } from './stringify-json.js'
import { zeroTime } from './time.js'
import { undecodable } from './undecodable.js'
import { decodeUtf8 } from './utf8.js'
import { exactFields, keyTable, readList, readRecord, readText } from './wire-fields.js'
import { flatListReader, notPlain, nullOrList, plainString } from './wire-pattern.js'

/**
 * A task's state as Machinery's JSON backends store it.
 * @throws InvalidArgumentError when a result's value cannot be JSON (NaN, cyclic, too deep)
 */
export function encodeTaskState(state: TaskState): string {
  const { taskUuid, taskName, results, error, createdAt } = state
  return (
    `{"TaskUUID":${escapeGoString(taskUuid)}${nameAndState(taskName, state.state)}` +
    `${results === null ? 'null' : writeResults(results)},"Error":${error === '' ? '""' : escapeGoString(error)}` +
    `,"CreatedAt":${escapeGoString(createdAt)},"TTL":0}`
  )
}

// States are written many at once, and those of one task and kind mostly: what they have in common is kept.
let lastName = ''
let lastState = ''
let lastText = ''

function nameAndState(taskName: string, state: TaskStateName): string {
  if (taskName !== lastName || state !== lastState) {
    lastText = `,"TaskName":${escapeGoString(taskName)},"State":"${state}","Results":`
    lastName = taskName
    lastState = state
  }
  return lastText
}

function writeResults(results: readonly TaskResult[]): string {
  let list = '['
  for (const { type, value } of results) {
    list += `${list.length === 1 ? '' : ','}{"Type":${escapeGoString(type)},"Value":${stringifyJson(value)}}`
  }
  return `${list}]`
}

/**
 * Reads a stored state as tolerantly as Go does; numbers in results keep all their digits.
 * @throws SyntaxError when it is not a state
 */
export function decodeTaskState(stored: string | Uint8Array): TaskState {
  try {
    const text = typeof stored === 'string' ? stored : decodeUtf8(stored)
    return familiarState(text) ?? matchTaskState(text) ?? readTaskState(parseRecord(text, 'tasks.TaskState'))
  } catch (error) {
    throw new SyntaxError(undecodable(stored, 'a task state', error as Error), { cause: error })
  }
}

const stateKeys = keyTable('TaskUUID', 'TaskName', 'State', 'Results', 'Error', 'CreatedAt', 'TTL')
const resultKeys = keyTable('Type', 'Value')
const stateNames: ReadonlySet<string> = new Set<TaskStateName>([
  'PENDING',
  'RECEIVED',
  'STARTED',
  'RETRY',
  'SUCCESS',
  'FAILURE',
])

function readTaskState(record: object): TaskState {
  const wire = exactFields(record, stateKeys)
  const state = readText(wire.State, 'TaskState', 'State')
  if (!isStateName(state)) throw new TypeError(`${JSON.stringify(state.slice(0, 40))} is not a state of a task`)
  return {
    taskUuid: readText(wire.TaskUUID, 'TaskState', 'TaskUUID'),
    taskName: readText(wire.TaskName, 'TaskState', 'TaskName'),
    state,
    results: readResults(wire.Results),
    error: readText(wire.Error, 'TaskState', 'Error'),
    createdAt: readText(wire.CreatedAt, 'TaskState', 'CreatedAt') || zeroTime,
  }
}

function isStateName(text: string): text is TaskStateName {
  return stateNames.has(text)
}

function readResults(value: unknown): TaskResult[] | null {
  const list = readList(value, 'TaskState', 'Results', '[]*tasks.TaskResult')
  if (list === undefined) return null
  return list.map((item) => {
    const wire = exactFields(readRecord(item, 'TaskState', 'Results', 'tasks.TaskResult') ?? {}, resultKeys)
    return { type: readText(wire.Type, 'TaskState', 'Results.Type'), value: wire.Value }
  })
}

const pattern = new RegExp(
  `^\\{"TaskUUID":${plainString},"TaskName":${plainString},"State":"(${[...stateNames].join('|')})"` +
    `,"Results":${nullOrList},"Error":${plainString},"CreatedAt":${plainString},"TTL":0\\}$`,
)
const flatResults = flatListReader(['Type'], 'Value', ([, type = ''], value): TaskResult => ({ type, value }))

// States are read many at once, and those of tasks that were sent together have all but the UUID in common.
let lastTail = ''
let lastRead: TaskState | undefined
const start = '{"TaskUUID":"'

/** The state, where only its UUID tells it from the last one that had neither results nor an error. */
function familiarState(text: string): TaskState | undefined {
  const uuidEnd = text.length - lastTail.length
  if (lastRead === undefined || uuidEnd < start.length) return undefined
  if (!text.endsWith(lastTail) || !text.startsWith(start)) return undefined
  const taskUuid = text.slice(start.length, uuidEnd)
  return notPlain.test(taskUuid) ? undefined : { ...lastRead, taskUuid }
}

/** Reads the ordinary state, as this library and Go write it; answers undefined for every other. */
function matchTaskState(text: string): TaskState | undefined {
  const match = pattern.exec(text)
  if (match === null) return undefined
  try {
    const state: TaskState = {
      taskUuid: match[1] as string,
      taskName: match[2] as string,
      state: match[3] as TaskStateName,
      results: matchResults(match[4] as string),
      error: match[5] as string,
      createdAt: match[6] as string,
    }
    if (state.results === null && state.error === '') {
      lastRead = { ...state }
      lastTail = text.slice(start.length + state.taskUuid.length)
    }
    return state
  } catch {
    // The general way tells what is wrong, or finds that nothing is: brackets matched across a duplicate key.
    return undefined
  }
}

function matchResults(text: string): readonly TaskResult[] | null {
  if (text === 'null') return null
  return text === '[]' ? [] : (flatResults(text) ?? readResults(parseJson(text)))
}
