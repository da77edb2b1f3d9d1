import { randomUUID } from 'node:crypto'

/** What is sent where no library is: as large as a task is elsewhere, 400 bytes or so. */
export interface RawMessage {
  readonly uuid: string
  readonly name: string
  readonly args: readonly number[]
  readonly replyTo: string
  readonly queue: string
  readonly createdAt: string
  readonly headers: Readonly<Record<string, string>>
}

export function newRawMessage(a: number, b: number, replyTo: string): RawMessage {
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
