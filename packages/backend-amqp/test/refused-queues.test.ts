import { isMachineryError, newSignature, resolveConfig, Server, silentLogger } from '@machinery/core'
import { MemoryBroker, MemoryLock } from '@machinery/core/memory'
import { describeWithServer } from '@machinery-internal/test-servers/vitest'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { AmqpBackend } from '../src/index.js'
import { memberOf, newGroup, newTask, stateOf } from './fixtures.js'
import { type RefusingServer, startRefusingProxy, startRefusingServer, wordsOf43 } from './refusing-server.js'

const setting = 'deprecated_features.permit.transient_nonexcl_queues = true'

describeWithServer('rabbitmq', 'AmqpBackend', (url) => {
  describe.each([
    ['refuses them as configured', startRefusingServer],
    ['is RabbitMQ 4.3', (address: string) => startRefusingProxy(address, wordsOf43)],
  ])('on a server without queues that are neither durable nor exclusive, that %s,', (_name, start) => {
    let refusing: RefusingServer
    beforeAll(async () => {
      refusing = await start(url)
    }, 60_000)
    afterAll(() => refusing[Symbol.asyncDispose]())

    function explained(error: unknown): void {
      expect(isMachineryError(error, 'MACHINERY_UNSUPPORTED')).toBe(true)
      expect(String(error)).toContain(setting)
      expect(String(error)).not.toContain('guest:guest')
    }

    test('says at once which setting permits them, each time, and for a member of a group too', async () => {
      const backend = new AmqpBackend({ url: refusing.url })
      const start = performance.now()
      for (const _ of [1, 2]) {
        const group = newGroup(2)
        const write = { state: stateOf(newTask(), 'SUCCESS'), expiresInMs: 60_000 }
        const ofGroup = { uuid: group.groupUuid, taskCount: 2 }
        for (const saved of await backend.saveStates([write, { ...write, group: ofGroup }])) {
          explained('error' in saved ? saved.error : undefined)
        }
        // Its record is a durable queue, which is there.
        await backend.createGroup(group, 60_000)
        const [finished] = await backend.finishMembers([memberOf(group, group.taskUuids[0] as string)])
        explained(finished !== undefined && 'error' in finished ? finished.error : undefined)
        await backend.deleteGroup(group.groupUuid)
      }
      expect(performance.now() - start).toBeLessThan(4_000)
      expect(await backend.readStates([newTask()])).toEqual([undefined])
      await backend.close()
    })

    test('makes sending fail with those words, and not hang', async () => {
      await using server = new Server(
        { ...resolveConfig({ noUnixSignals: true }), logger: silentLogger },
        new MemoryBroker(),
        new AmqpBackend({ url: refusing.url }),
        new MemoryLock(),
      )
      const start = performance.now()
      const error: unknown = await server.sendTask(newSignature('add', [])).catch((thrown: unknown) => thrown)
      expect(`${String(error)} ${String((error as Error).cause)}`).toContain(setting)
      expect(performance.now() - start).toBeLessThan(4_000)
    })
  })
})
