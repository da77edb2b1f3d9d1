// What npm would get: packs every package, looks at its form, installs all into an empty project, and imports them.
import { mkdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { runMain, say } from '../lib/progress.mjs'
import { root } from '../lib/root.mjs'
import { run } from '../lib/run.mjs'
import { isPublished, listPackages } from '../lib/workspace.mjs'
import { installProblems } from './install-packed.mjs'
import { shapeProblems } from './package-shape.mjs'

const folder = join(root, '.cache', 'packed')

runMain(async () => {
  rmSync(folder, { recursive: true, force: true })
  mkdirSync(folder, { recursive: true })
  const packages = listPackages().filter(isPublished)
  const packed = await Promise.all(packages.map(pack))
  const [shapes, installation] = await Promise.all([Promise.all(packed.map(shapeProblems)), installProblems(packed)])
  const problems = [...shapes.flat(), ...installation]
  for (const problem of problems) say(problem)
  return problems.length > 0 ? 1 : 0
})

/**
 * @typedef {object} Packed
 * @property {import('../lib/workspace.mjs').Package} pkg
 * @property {string} tarball
 */

/**
 * @param {import('../lib/workspace.mjs').Package} pkg
 * @returns {Promise<Packed>}
 */
async function pack(pkg) {
  const tarball = join(folder, `${pkg.short}.tgz`)
  const { code, output } = await run('pnpm', ['pack', '--out', tarball], { cwd: pkg.path })
  if (code !== 0) throw new Error(`${pkg.name} cannot be packed:\n${output}`)
  return { pkg, tarball }
}
