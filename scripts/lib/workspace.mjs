import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { root } from './root.mjs'

/**
 * @typedef {object} Manifest
 * @property {string} name
 * @property {string} [version]
 * @property {boolean} [private]
 * @property {Record<string, string>} [scripts]
 * @property {Record<string, string>} [dependencies]
 * @property {Record<string, string>} [peerDependencies]
 * @property {Record<string, string>} [devDependencies]
 * @property {Record<string, unknown>} [exports]
 * @property {{ services?: string[] }} [machinery]
 */

/**
 * @typedef {object} Package
 * @property {string} name as in package.json
 * @property {string} folder relative to the root, for example `packages/core`
 * @property {string} path absolute
 * @property {string} short last part of the folder
 * @property {Manifest} manifest
 */

/** @returns {Package[]} every package of the workspace, in the order of pnpm-workspace.yaml */
export function listPackages() {
  return ['packages', 'tools', 'scripts', 'examples', 'bench', 'interop']
    .flatMap((parent) => foldersIn(parent))
    .map(readPackage)
}

/** @param {Package} pkg */
export function isPublished(pkg) {
  return pkg.folder.startsWith('packages/') && !pkg.manifest.private
}

/** @param {string} parent */
function foldersIn(parent) {
  const path = join(root, parent)
  if (!existsSync(path)) return []
  if (existsSync(join(path, 'package.json'))) return [parent]
  const folders = readdirSync(path).map((name) => `${parent}/${name}`)
  return folders.filter((folder) => existsSync(join(root, folder, 'package.json'))).sort()
}

/**
 * @param {string} folder
 * @returns {Package}
 */
function readPackage(folder) {
  const path = join(root, folder)
  const manifest = JSON.parse(readFileSync(join(path, 'package.json'), 'utf8'))
  return { name: manifest.name, folder, path, short: basename(folder), manifest }
}
