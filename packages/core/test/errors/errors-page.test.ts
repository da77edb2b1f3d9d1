import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import * as core from '../../src/index.js'

const page = readFileSync(new URL('../../../../docs/errors.md', import.meta.url), 'utf8')
const source = readFileSync(new URL('../../src/errors/machinery-error.ts', import.meta.url), 'utf8')

const codes = [...source.matchAll(/^ {2}\| '(MACHINERY_\w+)'$/gm)].map(([, code = '']) => code)
const rows = page
  .split('\n')
  .filter((line) => line.startsWith('| `'))
  .map((line) => line.split('|').map((cell) => cell.trim()))

/** Every public error class, with the code that its objects carry. */
const classes = new Map<string, string>(
  [
    new core.ConfigurationError(''),
    new core.UnsupportedError(''),
    new core.TaskNotRegisteredError(''),
    new core.InvalidSignatureError(''),
    new core.InvalidArgumentError(''),
    new core.BrokerError('', { operation: '', outcome: 'rejected', retryable: true }),
    new core.BackendError('', { operation: '', outcome: 'rejected', retryable: true }),
    new core.LockError('', { operation: '', outcome: 'rejected', retryable: true }),
    new core.ClosedError(''),
    new core.ResultTimeoutError('', 0),
    new core.ResultExpiredError(''),
    new core.TaskFailedError('', '', ''),
    new core.TaskTimeoutError('', 0),
    new core.TaskCancelledError(''),
    new core.WorkflowCancelledError(''),
    new core.WorkflowNotSentError(1, [{ uuid: '', error: undefined }]),
    new core.WorkerQuitError(),
  ].map((error) => [error.name, error.code]),
)

test('docs/errors.md lists every code once, and no other', () => {
  expect(codes.length).toBeGreaterThan(10)
  expect(rows.map(([, code]) => code)).toEqual(codes.map((code) => `\`${code}\``))
})

test('each row names the class that carries the code', () => {
  for (const [, code = '', name = ''] of rows) {
    expect(`\`${classes.get(name.slice(1, -1))}\``, name).toBe(code)
  }
})

test('every error class that is exported is in the table', () => {
  const exported = Object.entries(core)
    .filter(([, value]) => typeof value === 'function' && value.prototype instanceof core.MachineryError)
    .map(([name]) => name)
  expect(exported.toSorted()).toEqual([...classes.keys()].toSorted())
})

test('each row says what happened, why, and what to do', () => {
  for (const [, code, , what, why, todo] of rows) {
    for (const text of [what, why, todo]) expect(text, code).toMatch(/^\S.{5,}\.$/)
  }
})

test('fields that a row names exist on the error', () => {
  const failure = { operation: 'publish', outcome: 'rejected', retryable: true } as const
  expect(new core.BrokerError('', failure)).toMatchObject(failure)
  expect(new core.TaskFailedError('u', 'n', 'text')).toMatchObject({ uuid: 'u', taskName: 'n', message: 'text' })
  expect(new core.ResultTimeoutError('u', 1).uuid).toBe('u')
  expect(new core.TaskCancelledError('u').uuid).toBe('u')
  expect(new core.WorkflowCancelledError('u').uuid).toBe('u')
  expect(new core.WorkflowNotSentError(1, [{ uuid: 'u', error: 1 }]).notSent).toEqual([{ uuid: 'u', error: 1 }])
})
