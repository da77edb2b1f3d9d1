import { expect, test } from 'vitest'
import { mayDependOn, mayImport, rooms } from '../check/rooms.mjs'

test('a room may import itself and what the table says, and nothing else', () => {
  expect(mayImport('retry', 'retry', 'backoff')).toBe(true)
  expect(mayImport('retry', 'time', 'index')).toBe(true)
  expect(mayImport('retry', 'worker', 'index')).toBe(false)
  expect(mayImport('errors', 'contracts', 'index')).toBe(false)
})

test('server and worker know each other only through the entry of worker', () => {
  expect(mayImport('server', 'worker', 'index')).toBe(true)
  expect(mayImport('server', 'worker', 'consume-loop')).toBe(false)
  expect(mayImport('worker', 'server', 'index')).toBe(false)
  expect(mayImport('server', 'workflow', 'index')).toBe(true)
})

test('no two rooms may import each other, over however many rooms between them', () => {
  const names = Object.keys(rooms)
  /**
   * @param {string} room
   * @param {readonly string[]} path
   */
  const visit = (room, path) => {
    expect(path).not.toContain(room)
    for (const next of names) if (next !== room && mayImport(room, next, 'index')) visit(next, [...path, room])
  }
  for (const room of names) visit(room, [])
})

test('core may import no package of the house, adapters only core, and none another adapter', () => {
  expect(mayDependOn('core')).toEqual([])
  expect(mayDependOn('broker-nats')).toEqual(['@machinery/core'])
  expect(mayDependOn('cli')).toEqual(['@machinery/core'])
  expect(mayDependOn('something-new')).toBeUndefined()
})
