import { RabbitMqRig, type RabbitMqRigOptions } from '@machinery-internal/fault-tests'
import { afterAll, beforeAll } from 'vitest'

/** For tests in which no server is slow on purpose: a busy machine may be. */
export const patient: RabbitMqRigOptions = { commandTimeoutMs: 5_000 }

/** Servers for all tests of a file or group: RabbitMQ takes six seconds to start. */
export function sharedRig(options: RabbitMqRigOptions = {}): () => RabbitMqRig {
  let rig: RabbitMqRig | undefined
  beforeAll(async () => {
    rig = await RabbitMqRig.start(options)
  })
  afterAll(() => rig?.[Symbol.asyncDispose]())
  return () => {
    if (rig === undefined) throw new Error('The servers were not started.')
    return rig
  }
}
