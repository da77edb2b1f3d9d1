/**
 * Takes the arguments of the failed command off an error of ioredis: among them are passwords (HELLO, AUTH) and the
 * payloads of tasks, which would end up in every log that prints the error.
 */
export function withoutArguments<E>(error: E): E {
  if (error instanceof Error && 'command' in error && typeof error.command === 'object' && error.command !== null) {
    const { command } = error
    error.command = { name: 'name' in command ? command.name : '' }
  }
  if (error instanceof Error && 'lastNodeError' in error) withoutArguments(error.lastNodeError)
  return error
}
