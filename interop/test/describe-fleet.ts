import { randomUUID } from 'node:crypto'
import { Fleet, type FleetOptions } from '@machinery-internal/interop'
import { describeWithServer } from '@machinery-internal/test-servers/vitest'
import { afterAll, beforeAll } from 'vitest'

/**
 * Tests on a Redis of their own, with this library and Go. Skipped without either.
 * @param body receives what gives the fleet, once tests run
 */
export function describeFleet(name: string, body: (fleet: () => Fleet) => void, options: FleetOptions = {}): void {
  describeWithServer('go', name, (program) => {
    describeWithServer('redis-server', 'on Redis', () => {
      let fleet: Fleet | undefined
      beforeAll(async () => {
        fleet = await Fleet.open(program, options)
      })
      afterAll(() => fleet?.[Symbol.asyncDispose]())
      body(() => {
        if (fleet === undefined) throw new Error('The fleet is there once tests run.')
        return fleet
      })
    })
  })
}

export function newQueue(): string {
  return `queue-${randomUUID().slice(0, 8)}`
}
