import { expect, test } from 'vitest'
import { newSignature } from '../../src/index.js'
import type { HeldTask } from '../../src/worker/held-task.js'
import { HeldTasks } from '../../src/worker/held-tasks.js'

const taskOf = (uuid: string): HeldTask => ({ signature: { ...newSignature('t'), uuid } }) as HeldTask

test.each(['task_1', '__proto__', 'constructor', 'toString', 'hasOwnProperty', '123', '4294967295', '-0', ''])(
  'a task whose UUID is %j is held until it is removed, and no other is removed in its place',
  (uuid) => {
    const held = new HeldTasks()
    expect(held.get(uuid)).toBeUndefined()
    const [one, other] = [taskOf(uuid), taskOf(uuid)]
    held.add(one)
    held.add(other)
    held.remove(one)
    expect(held.get(uuid)).toBe(other)
    expect(held.signatures()).toEqual([other.signature])
    held.remove(other)
    expect(held.get(uuid)).toBeUndefined()
    expect(held.signatures()).toEqual([])
  },
)
