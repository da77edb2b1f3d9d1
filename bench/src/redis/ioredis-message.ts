import { randomUUID } from 'node:crypto'

/** A message of the size that a task has elsewhere, 400 bytes or so. */
export interface Message {
  readonly uuid: string
  readonly name: string
  readonly args: readonly number[]
  readonly replyTo: string
  readonly queue: string
  readonly createdAt: string
  readonly headers: Readonly<Record<string, string>>
}

export function newMessage(a: number, b: number, replyTo: string): Message {
  return {
    uuid: randomUUID(),
    name: 'add',
    args: [a, b],
    replyTo,
    queue: 'bench',
    createdAt: new Date().toISOString(),
    headers: { 'content-type': 'application/json', padding },
  }
}

const padding = 'x'.repeat(160)
