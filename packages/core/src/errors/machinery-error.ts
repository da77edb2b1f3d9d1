/** Every code this library throws, with its meaning in docs/errors.md. Codes are stable; messages may improve. */
export type MachineryErrorCode =
  | 'MACHINERY_CONFIGURATION'
  | 'MACHINERY_UNSUPPORTED'
  | 'MACHINERY_TASK_NOT_REGISTERED'
  | 'MACHINERY_INVALID_SIGNATURE'
  | 'MACHINERY_INVALID_ARGUMENT'
  | 'MACHINERY_BROKER'
  | 'MACHINERY_BACKEND'
  | 'MACHINERY_LOCK'
  | 'MACHINERY_CLOSED'
  | 'MACHINERY_RESULT_TIMEOUT'
  | 'MACHINERY_RESULT_EXPIRED'
  | 'MACHINERY_TASK_FAILED'
  | 'MACHINERY_TASK_TIMEOUT'
  | 'MACHINERY_TASK_CANCELLED'
  | 'MACHINERY_WORKFLOW_CANCELLED'
  | 'MACHINERY_WORKFLOW_NOT_SENT'
  | 'MACHINERY_WORKER_QUIT'

/** The base of all errors of this library. Recognise one with {@link isMachineryError}, not with `instanceof`. */
export class MachineryError extends Error {
  readonly code: MachineryErrorCode

  constructor(code: MachineryErrorCode, message: string, options?: { cause?: unknown }) {
    super(message, options)
    this.code = code
    this.name = new.target.name
  }
}

/**
 * Whether `error` came from this library and, if given, carries `code`.
 * Works across two installed copies of the library, where `instanceof` does not.
 */
export function isMachineryError(error: unknown, code?: MachineryErrorCode): error is MachineryError {
  // What was thrown may be anything, a value that throws when it is looked at included.
  try {
    if (!(error instanceof Error) || !('code' in error) || typeof error.code !== 'string') return false
    return code === undefined ? error.code.startsWith('MACHINERY_') : error.code === code
  } catch {
    return false
  }
}
