import { newTaskUuid } from './identifiers.js'
import type { Signature, SignatureArg } from './signature.js'

/** A signature of which every field has its zero value. */
export function emptySignature(): Signature {
  return {
    uuid: '',
    name: '',
    routingKey: '',
    eta: null,
    groupUuid: '',
    groupTaskCount: 0,
    args: [],
    headers: null,
    priority: 0,
    immutable: false,
    retryCount: 0,
    retryTimeout: 0,
    onSuccess: [],
    onError: [],
    chordCallback: null,
    brokerMessageGroupId: '',
    sqsReceiptHandle: '',
    stopTaskDeletionOnError: false,
    ignoreWhenTaskNotRegistered: false,
  }
}

/** A signature of the task `name`, with a new UUID. */
export function newSignature(name: string, args: readonly SignatureArg[] = []): Signature {
  const signature = emptySignature()
  signature.uuid = newTaskUuid()
  signature.name = name
  signature.args = args
  return signature
}

/** A shallow copy of the signature with other values in some fields. */
export function signatureWith(signature: Signature, changes: Partial<Signature>): Signature {
  return { ...signature, ...changes }
}
