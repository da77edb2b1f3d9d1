import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { run } from '../lib/run.mjs'

/** An import that keeps the process alive has opened something; it is ended after this time, in milliseconds. */
const importTimeoutMs = 30_000

/**
 * Installs all packages into an empty project, as a user would, and imports every entry point with Node.
 * @param {readonly import('./packages.mjs').Packed[]} packed
 * @returns {Promise<string[]>}
 */
export async function installProblems(packed) {
  const project = mkdtempSync(join(tmpdir(), 'machinery-packed-'))
  try {
    writeFileSync(join(project, 'package.json'), '{ "private": true, "type": "module" }\n')
    const install = ['install', '--ignore-scripts', '--no-audit', '--no-fund', '--prefer-offline']
    const { code, output } = await run('npm', [...install, ...packed.map(({ tarball }) => tarball)], { cwd: project })
    if (code !== 0) return [`The packed packages cannot be installed together:\n${output}`]
    const results = await Promise.all(
      packed.flatMap(({ pkg }) => entryPoints(pkg)).map((name) => imports(project, name)),
    )
    return results.flat()
  } finally {
    rmSync(project, { recursive: true, force: true })
  }
}

/** @param {import('../lib/workspace.mjs').Package} pkg */
function entryPoints(pkg) {
  const subpaths = Object.keys(pkg.manifest.exports ?? {}).filter(
    (path) => !path.endsWith('.json') && !path.includes('*'),
  )
  return subpaths.map((path) => pkg.name + path.slice(1))
}

/**
 * @param {string} project
 * @param {string} name
 */
async function imports(project, name) {
  const program = `const entry = await import('${name}'); if (Object.keys(entry).length === 0) throw new Error('It exports nothing.')`
  const { code, output, timedOut } = await run(process.execPath, ['--input-type=module', '--eval', program], {
    cwd: project,
    timeoutMs: importTimeoutMs,
  })
  if (timedOut) return [`Importing ${name} keeps Node running: it opens something at import.`]
  return code === 0 ? [] : [`Importing ${name} from its packed form fails:\n${output}`]
}
