// Runs on Node 20 with nothing installed: only what Node itself brings.
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { Problem, step } from '../lib/progress.mjs'
import { root } from '../lib/root.mjs'
import { run } from '../lib/run.mjs'
import { listPackages } from '../lib/workspace.mjs'

const stampFile = join(root, '.cache', 'installed')

/**
 * Installs what the lockfile says, unless that was done already.
 * @param {string} pnpm
 * @param {string} path
 */
export async function installPackages(pnpm, path) {
  const key = lockKey()
  if (existsSync(join(root, 'node_modules')) && readIfThere(stampFile) === key) return
  rmSync(stampFile, { force: true })
  await step('Install packages', async () => {
    // With CI set, pnpm asks no questions.
    const { code, output } = await run(pnpm, ['install', '--frozen-lockfile'], { env: { PATH: path, CI: 'true' } })
    if (code !== 0) {
      throw new Problem(`pnpm could not install the packages:\n${output}
If a package.json has changed, run \`pnpm install\` and commit pnpm-lock.yaml as well.`)
    }
  })
  mkdirSync(dirname(stampFile), { recursive: true })
  writeFileSync(stampFile, key)
}

/** Changes whenever an install would do something. */
function lockKey() {
  const hash = createHash('sha256')
  const manifests = listPackages().map((pkg) => join(pkg.folder, 'package.json'))
  for (const file of ['package.json', 'pnpm-workspace.yaml', 'pnpm-lock.yaml', ...manifests]) {
    hash.update(`${file}\n${readIfThere(join(root, file))}\n`)
  }
  return hash.digest('hex')
}

/** @param {string} file */
function readIfThere(file) {
  return existsSync(file) ? readFileSync(file, 'utf8') : ''
}
