import { join } from 'node:path'
import { Problem, step } from './progress.mjs'
import { root } from './root.mjs'
import { run } from './run.mjs'

/**
 * Builds packages and what they depend on; what has not changed is not built again.
 * @param {string} node
 * @param {Record<string, string>} env
 * @param {readonly string[]} [names] default: all
 */
export async function build(node, env, names = []) {
  const turbo = join(root, 'node_modules', 'turbo', 'bin', 'turbo')
  const filters = names.map((name) => `--filter=${name}`)
  await step('Build', async () => {
    const { code, output } = await run(node, [turbo, 'run', 'build', '--output-logs=errors-only', ...filters], {
      env: { ...env, TURBO_TELEMETRY_DISABLED: '1' },
    })
    if (code !== 0) throw new Problem(`${output}\nThe build failed. Mend what is shown above and run this again.`)
  })
}
