import { join } from 'node:path'
import { step } from '../lib/progress.mjs'
import { root } from '../lib/root.mjs'
import { run } from '../lib/run.mjs'

/** A project of this run alone, so that it meets no other's containers. */
const project = `machinery-test-${process.pid}`

const compose = ['compose', '--file', join(root, 'docker-compose.test.yml'), '--project-name', project]

/** Whether a Docker engine answers, and not only the client is there. */
export async function dockerAnswers() {
  try {
    return (await run('docker', ['version', '--format', '{{.Server.Version}}'], { timeoutMs: 5000 })).code === 0
  } catch {
    return false
  }
}

/**
 * Starts services of docker-compose.test.yml and waits until they are healthy.
 * @param {readonly string[]} names
 */
export async function startContainers(names) {
  await step(`Start containers ${names.join(', ')}`, async () => {
    const { code, output } = await run('docker', [...compose, 'up', '--detach', '--wait', ...names])
    if (code !== 0) throw new Error(`docker compose could not start ${names.join(', ')}:\n${output}`)
  })
}

/**
 * @param {string} name
 * @param {number} port inside the container
 * @returns {Promise<string>} `host:port` outside
 */
export async function containerAddress(name, port) {
  const { code, output } = await run('docker', [...compose, 'port', name, String(port)])
  if (code !== 0) throw new Error(`docker compose does not say where port ${port} of ${name} is:\n${output}`)
  return output.trim()
}

export async function stopContainers() {
  await run('docker', [...compose, 'down', '--volumes', '--timeout', '2'])
}
