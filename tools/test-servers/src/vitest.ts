import { describe } from 'vitest'
import { type ServiceName, serviceAddress } from './services.js'

/** Stands in for the address while skipped tests are collected. Nothing listens there. */
const nowhere = 'unavailable://127.0.0.1:1'

/**
 * Tests that need a real server. Without it they are skipped, and `npm test` names the server and counts them.
 * @param body Receives the server's address, or a path for the services that are binaries.
 */
export function describeWithServer(service: ServiceName, name: string, body: (address: string) => void): void {
  const address = serviceAddress(service)
  if (address === undefined) describe.skip(`${name} (needs ${service})`, () => body(nowhere))
  else describe(name, () => body(address))
}
