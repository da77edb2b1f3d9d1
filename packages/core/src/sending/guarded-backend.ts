import type { Backend } from '../contracts/index.js'
import { BackendError, describeError, isMachineryError } from '../errors/index.js'
import { withDeadline } from '../time/index.js'

/**
 * The backend with our own deadline on every call, since a client whose promise never settles must not hang anything, and
 * with errors that name backend and call.
 */
export function guardBackend(backend: Backend, deadlineMs: number): Backend {
  const fail = (operation: string, text: string, cause?: unknown): BackendError =>
    new BackendError(text, { operation, outcome: 'indeterminate', retryable: true, cause })
  const within = async <Answer>(operation: string, call: () => Promise<Answer>): Promise<Answer> => {
    try {
      const late = () =>
        fail(operation, `The ${backend.name} backend did not answer ${operation} within ${deadlineMs} ms.`)
      return await withDeadline(call(), deadlineMs, late)
    } catch (error) {
      if (isMachineryError(error)) throw error
      throw fail(operation, `The ${backend.name} backend failed to ${operation}: ${describeError(error)}`, error)
    }
  }
  return {
    name: backend.name,
    capabilities: backend.capabilities,
    saveStates: (writes) => within('saveStates', () => backend.saveStates(writes)),
    readStates: (uuids) => within('readStates', () => backend.readStates(uuids)),
    deleteStates: (uuids) => within('deleteStates', () => backend.deleteStates(uuids)),
    createGroup: (group, expiresInMs) => within('createGroup', () => backend.createGroup(group, expiresInMs)),
    readGroup: (uuid) => within('readGroup', () => backend.readGroup(uuid)),
    deleteGroup: (uuid) => within('deleteGroup', () => backend.deleteGroup(uuid)),
    finishMembers: (members) => within('finishMembers', () => backend.finishMembers(members)),
    claimChord: (uuid, claim) => within('claimChord', () => backend.claimChord(uuid, claim)),
    markChordSent: (uuid) => within('markChordSent', () => backend.markChordSent(uuid)),
    close: () => within('close', () => backend.close()),
  }
}
