// Holds core's rooms and the arrows between packages. Reads imports with a parser, types included.
import { existsSync, globSync, readFileSync } from 'node:fs'
import { dirname, join, relative, resolve, sep } from 'node:path'
import { parseSync } from 'oxc-parser'
import { runMain, say } from '../lib/progress.mjs'
import { root } from '../lib/root.mjs'
import { listPackages } from '../lib/workspace.mjs'
import { coreDependencies, mayDependOn, mayImport, rooms } from './rooms.mjs'

/** @typedef {import('../lib/workspace.mjs').Package} Package */

runMain(async () => {
  const problems = listPackages()
    .filter((pkg) => pkg.folder.startsWith('packages/'))
    .flatMap((pkg) => [...sourceProblems(pkg), ...(pkg.short === 'core' ? coreProblems(pkg) : arrowProblems(pkg))])
  for (const problem of new Set(problems)) say(problem)
  return problems.length > 0 ? 1 : 0
})

/**
 * What holds for every package: its sources import themselves by path, and others of the house by name, and only some.
 * @param {Package} pkg
 */
function* sourceProblems(pkg) {
  const allowed = mayDependOn(pkg.short)
  if (!allowed) {
    yield `${pkg.folder}: no rule says what it may import. Add one to scripts/check/rooms.mjs.`
    return
  }
  for (const { file, specifier } of importsOf(pkg)) {
    const outside = specifier.startsWith('.') && relative(pkg.path, resolve(dirname(file), specifier)).startsWith('..')
    if (outside) yield `${shown(file)} imports ${specifier}, which lies outside of its package. Import it by name.`
    const house = /^@machinery(-internal)?\/[^/]+/.exec(specifier)?.[0]
    if (house && !allowed.includes(house))
      yield `${shown(file)} imports ${specifier}. ${pkg.short} may import: ${allowed.join(', ') || 'none of the house'}.`
  }
}

/**
 * Adapters and the rest take core as a peer, so that an application has it once.
 * @param {Package} pkg
 */
function* arrowProblems(pkg) {
  const { folder, short, manifest } = pkg
  const allowed = mayDependOn(pkg.short) ?? []
  for (const name of Object.keys({ ...manifest.dependencies, ...manifest.peerDependencies })) {
    if (name.startsWith('@machinery') && !allowed.includes(name)) {
      yield `${folder}/package.json depends on ${name}. It may depend on: ${allowed.join(', ')}; its tests take others as devDependencies.`
    }
  }
  const isPeer = manifest.peerDependencies?.['@machinery/core'] !== undefined
  if (!isPeer && !['cli', 'dashboard'].includes(short))
    yield `${folder}/package.json must have @machinery/core as a peerDependency.`
}

/** @param {Package} core */
function* coreProblems(core) {
  for (const name of Object.keys({ ...core.manifest.dependencies, ...core.manifest.peerDependencies })) {
    if (!(name in coreDependencies)) {
      yield `${core.folder}/package.json depends on ${name}, for which scripts/check/rooms.mjs has no reason.`
    }
  }
  const source = join(core.path, 'src')
  for (const { file, specifier } of importsOf(core)) {
    const [room, inner] = placeIn(source, file)
    if (!inner) continue
    if (!rooms[room]) yield `${shown(file)}: the room ${room}/ is not in scripts/check/rooms.mjs.`
    if (!rooms[room] || !specifier.startsWith('.')) continue
    const [otherRoom, otherInner] = placeIn(source, resolve(dirname(file), specifier))
    if (!otherInner) yield `${shown(file)} imports ${specifier}: the entry point is for users, not for rooms.`
    else if (!mayImport(room, otherRoom, otherInner)) {
      yield `${shown(file)} imports ${specifier}. ${room}/ may import: ${rooms[room].join(', ') || 'nothing'}.`
    }
  }
}

/**
 * @param {string} source
 * @param {string} file
 * @returns {[string, string | undefined]} room, and the path in it without extension; a file beside the rooms has no second part
 */
function placeIn(source, file) {
  const [first = '', ...rest] = relative(source, file)
    .replace(/\.[jt]s$/, '')
    .split(sep)
  return [first, rest.length > 0 ? rest.join('/') : undefined]
}

/**
 * @param {Package} pkg
 * @returns {{ file: string, specifier: string }[]}
 */
function importsOf(pkg) {
  if (!existsSync(join(pkg.path, 'src'))) return []
  const files = globSync('src/**/*.{ts,tsx}', { cwd: pkg.path }).sort()
  return files
    .map((name) => join(pkg.path, name))
    .flatMap((file) => {
      const text = readFileSync(file, 'utf8')
      const { staticImports, staticExports, dynamicImports } = parseSync(file, text).module
      const specifiers = [
        ...staticImports.map((one) => one.moduleRequest.value),
        ...staticExports.flatMap((one) => one.entries.flatMap((entry) => entry.moduleRequest?.value ?? [])),
        ...dynamicImports.map(({ moduleRequest: { start, end } }) => text.slice(start + 1, end - 1)),
      ]
      return [...new Set(specifiers)].map((specifier) => ({ file, specifier }))
    })
}

/** @param {string} file */
function shown(file) {
  return relative(root, file)
}
