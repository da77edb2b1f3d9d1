// Every package has the agreed form, and TypeScript's references follow the dependencies. --fix writes the references.
import { spawnSync } from 'node:child_process'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join, relative } from 'node:path'
import { isDeepStrictEqual } from 'node:util'
import { runMain, say } from '../lib/progress.mjs'
import { root } from '../lib/root.mjs'
import { isPublished, listPackages } from '../lib/workspace.mjs'

/** @typedef {import('../lib/workspace.mjs').Package} Package */

/** All that is TypeScript. The scripts run as they are, and check.mjs has their types checked. */
const packages = listPackages().filter((pkg) => pkg.folder !== 'scripts' && existsSync(join(pkg.path, 'tsconfig.json')))

runMain(async () => {
  const stale = [...wantedConfigs()].filter(([file, wanted]) => !isDeepStrictEqual(read(file).references ?? [], wanted))
  if (process.argv.includes('--fix')) {
    for (const [file, references] of stale) {
      writeFileSync(join(root, file), `${JSON.stringify({ ...read(file), references }, null, 2)}\n`)
      say(`wrote ${file}`)
    }
    const biome = join(root, 'node_modules', '.bin', 'biome')
    if (stale.length > 0) spawnSync(biome, ['format', '--write', ...stale.map(([file]) => file)], { cwd: root })
    return 0
  }
  const problems = [
    ...stale.map(([file]) => `${file}: "references" do not follow the dependencies. Run \`pnpm sync\`.`),
    ...packages.flatMap((pkg) => [...formProblems(pkg)]),
  ]
  for (const problem of problems) say(problem)
  return problems.length > 0 ? 1 : 0
})

/** @returns {Generator<[file: string, references: { path: string }[]]>} */
function* wantedConfigs() {
  const tests = packages
    .map((pkg) => `${pkg.folder}/test`)
    .filter((folder) => existsSync(join(root, folder, 'tsconfig.json')))
  const sources = packages.map((pkg) => pkg.folder)
  yield ['tsconfig.json', references('', sources.sort())]
  yield ['tsconfig.check.json', references('', [...sources, ...tests, 'scripts'].sort())]
  for (const { folder, manifest } of packages) {
    const used = foldersOf({ ...manifest.dependencies, ...manifest.peerDependencies })
    const usedInTests = foldersOf({
      ...manifest.dependencies,
      ...manifest.peerDependencies,
      ...manifest.devDependencies,
    })
    yield [`${folder}/tsconfig.json`, references(folder, used)]
    if (tests.includes(`${folder}/test`)) {
      yield [`${folder}/test/tsconfig.json`, references(`${folder}/test`, [folder, ...usedInTests])]
    }
  }
}

/**
 * @param {string} from
 * @param {readonly string[]} folders
 */
function references(from, folders) {
  return folders.map((folder) => ({ path: relative(join(root, from), join(root, folder)) }))
}

/** @param {Record<string, string>} dependencies */
function foldersOf(dependencies) {
  return packages.filter((pkg) => pkg.name in dependencies).map((pkg) => pkg.folder)
}

/**
 * @param {string} file
 * @returns {{ references?: { path: string }[] }}
 */
function read(file) {
  return JSON.parse(readFileSync(join(root, file), 'utf8'))
}

/** @param {Package} pkg */
function* formProblems(pkg) {
  const file = `${pkg.folder}/package.json`
  /** @type {Record<string, unknown>} */
  const manifest = { ...pkg.manifest }
  if (existsSync(join(pkg.path, 'test')) && !existsSync(join(pkg.path, 'test', 'tsconfig.json'))) {
    yield `${pkg.folder}/test has no tsconfig.json, so its types are not checked. Copy packages/core/test/tsconfig.json and run \`pnpm sync\`.`
  }
  if (!pkg.manifest.scripts?.build) yield `${file}: "scripts" has no "build", so it is never built. Most say: "tsc -b".`
  if (!isPublished(pkg)) return
  const wanted = {
    type: 'module',
    license: 'MIT',
    sideEffects: false,
    engines: { node: '>=22' },
    publishConfig: { access: 'public' },
  }
  for (const [field, value] of Object.entries(wanted)) {
    if (!isDeepStrictEqual(manifest[field], value)) yield `${file}: "${field}" must be ${JSON.stringify(value)}.`
  }
  for (const field of ['description', 'keywords', 'files', 'exports']) {
    if (!manifest[field]) yield `${file}: "${field}" is missing.`
  }
  if (!existsSync(join(pkg.path, 'README.md'))) yield `${pkg.folder} has no README.md.`
}
