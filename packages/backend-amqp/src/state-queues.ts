import { isNotFound } from '@machinery/amqp-connection'
import { InvalidArgumentError } from '@machinery/core'
import { decodeTaskState, isTerminal, mayFollow, type TaskState } from '@machinery/core/adapter'
import type { Channel, GetMessage } from 'amqplib'
import type { Parts } from './parts.js'
import { queueNames } from './queue-names.js'

/**
 * Takes the states of a task out of its queue, up to the terminal one, and answers the newest; undefined where there is
 * none. After a terminal one the queue is deleted.
 */
export async function takeState(parts: Parts, taskUuid: string): Promise<TaskState | undefined> {
  const queue = queueNames.states(taskUuid)
  const calls = await parts.calls()
  return calls
    .run(queue, `the states of task ${taskUuid}`, async (channel) => {
      const { newest, last } = await readStates(channel, queue)
      if (newest !== undefined && isTerminal(newest.state)) {
        parts.forgetDeclared(queue)
        // The state is at hand: what becomes of an empty queue must not lose it.
        await channel.deleteQueue(queue).catch(() => {})
      } else if (last !== undefined) channel.ack(last, true)
      return newest
    })
    .catch(nothingWhereNotFound)
}

/** The newest state of a task, which stays where it is. */
export async function peekState(parts: Parts, taskUuid: string): Promise<TaskState | undefined> {
  const queue = queueNames.states(taskUuid)
  const calls = await parts.calls()
  return calls
    .run(queue, `the states of task ${taskUuid}`, async (channel) => {
      const { newest, last } = await readStates(channel, queue)
      if (last !== undefined) channel.nack(last, true, true)
      return newest
    })
    .catch(nothingWhereNotFound)
}

async function readStates(
  channel: Channel,
  queue: string,
): Promise<{ newest: TaskState | undefined; last: GetMessage | undefined }> {
  let newest: TaskState | undefined
  let last: GetMessage | undefined
  while (newest === undefined || !isTerminal(newest.state)) {
    const message = await channel.get(queue)
    if (message === false) break
    last = message
    const state = decodeState(message)
    if (state !== undefined && (newest === undefined || mayFollow(newest.state, state.state))) newest = state
    if (message.fields.messageCount === 0) break
  }
  return { newest, last }
}

/** What is no state was put there by somebody else, and tells nothing about the task. */
export function decodeState({ content }: GetMessage): TaskState | undefined {
  try {
    return decodeTaskState(content)
  } catch {
    return undefined
  }
}

/** @throws the error, unless it says that there is no such queue, or cannot be one of that name */
export function nothingWhereNotFound(error: unknown): undefined {
  if (!isNotFound(error) && !(error instanceof InvalidArgumentError)) throw error
}
