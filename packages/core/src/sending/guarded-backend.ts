import type { Backend } from '../contracts/index.js'
import { backendCall, backendFailure } from './backend-call.js'

/**
 * The backend with our own deadline on every call, since a client whose promise never settles must not hang anything, and
 * with errors that name backend and call. An answer that lacks items is an error: what it lacks would pass for a record
 * that is gone.
 */
export function guardBackend(backend: Backend, deadlineMs: number): Backend {
  const within = backendCall(backend, deadlineMs)
  const each = <Answer>(
    operation: string,
    items: readonly unknown[],
    call: () => Promise<readonly Answer[]>,
  ): Promise<readonly Answer[]> =>
    within(operation, async () => {
      const answers = await call()
      if (answers.length === items.length) return answers
      const text = `The ${backend.name} backend answered ${answers.length} of the ${items.length} items of ${operation}. It must answer each, in order.`
      throw backendFailure(operation, text)
    })
  return {
    name: backend.name,
    capabilities: backend.capabilities,
    saveStates: (writes) => each('saveStates', writes, () => backend.saveStates(writes)),
    readStates: (uuids) => each('readStates', uuids, () => backend.readStates(uuids)),
    deleteStates: (uuids) => within('deleteStates', () => backend.deleteStates(uuids)),
    createGroup: (group, expiresInMs) => within('createGroup', () => backend.createGroup(group, expiresInMs)),
    readGroup: (uuid) => within('readGroup', () => backend.readGroup(uuid)),
    deleteGroup: (uuid) => within('deleteGroup', () => backend.deleteGroup(uuid)),
    finishMembers: (members) => each('finishMembers', members, () => backend.finishMembers(members)),
    claimChord: (uuid, claim) => within('claimChord', () => backend.claimChord(uuid, claim)),
    markChordSent: (uuid) => within('markChordSent', () => backend.markChordSent(uuid)),
    close: () => within('close', () => backend.close()),
  }
}
