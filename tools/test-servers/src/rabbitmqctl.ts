import { execFile } from 'node:child_process'
import { dirname, join } from 'node:path'
import { promisify } from 'node:util'

/** How long one command may take, in milliseconds: it starts a virtual machine of its own, within a second or two. */
const commandMs = 30_000

/**
 * Runs RabbitMQ's own tool, which lies beside the server's script, on the node that `env` names.
 * @returns what it printed
 * @throws Error with what it complained of
 */
export async function rabbitmqctl(
  serverScript: string,
  env: Readonly<Record<string, string>>,
  args: readonly string[],
): Promise<string> {
  const tool = join(dirname(serverScript), 'rabbitmqctl')
  const { stdout } = await promisify(execFile)(tool, [...args], { env: { ...process.env, ...env }, timeout: commandMs })
  return stdout
}
