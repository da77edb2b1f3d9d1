import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, globSync, mkdirSync, readFileSync, renameSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { root } from '../lib/root.mjs'
import { run } from '../lib/run.mjs'
import { Defect } from './service.mjs'

/** What interop/go/go.mod says. */
const oldest = [1, 22]

const source = join(root, 'interop', 'go')
const cache = join(root, '.cache', 'interop')

/** The Go side of the compatibility tests, built once for each state of its source. @type {import('./service.mjs').Service} */
export const go = {
  name: 'go',
  isOptional: true,
  byHand: `Install Go ${oldest.join('.')} or newer by hand, and put it on the PATH.`,
  find: () => (isNewEnough() ? 'go' : undefined),
  start: async () => ({ variables: { MACHINERY_GO_INTEROP: await build() }, stop: async () => {} }),
}

function isNewEnough() {
  // Without GOTOOLCHAIN=local, an older Go would answer for the one that it would download.
  const { stdout } = spawnSync('go', ['env', 'GOVERSION'], {
    cwd: root,
    encoding: 'utf8',
    env: { ...process.env, GOTOOLCHAIN: 'local' },
  })
  const version = /^go(\d+)\.(\d+)/.exec(stdout ?? '')
  const [major = 0, minor = 0] = version?.slice(1).map(Number) ?? []
  return major > (oldest[0] ?? 0) || (major === oldest[0] && minor >= (oldest[1] ?? 0))
}

/** @returns {Promise<string>} the path of the program */
async function build() {
  const folder = join(cache, fingerprint())
  const program = join(folder, 'interop')
  if (existsSync(program)) return program
  mkdirSync(folder, { recursive: true })
  const env = { GOTOOLCHAIN: 'local', GOFLAGS: '-mod=readonly', CGO_ENABLED: '0', GOWORK: 'off' }
  const listed = await run('go', ['list', '-deps', '.'], { cwd: source, env })
  if (listed.code !== 0) throw new Error(`The Go modules of interop/go could not be had:\n${listed.output.trim()}`)
  // It takes minutes of processor time at first, while tests run that measure time.
  const unfinished = `${program}.${process.pid}`
  const args = ['-n', '15', 'go', 'build', '-trimpath', '-buildvcs=false', '-o', unfinished, '.']
  const built = await run('nice', args, { cwd: source, env })
  if (built.code !== 0) throw new Defect(`interop/go could not be built:\n${built.output.trim()}`)
  renameSync(unfinished, program)
  for (const old of globSync('*', { cwd: cache }).filter((name) => join(cache, name) !== folder))
    rmSync(join(cache, old), { recursive: true, force: true })
  return program
}

function fingerprint() {
  const hash = createHash('sha256')
  for (const name of globSync('*', { cwd: source }).sort())
    hash.update(`${name}\0`).update(readFileSync(join(source, name)))
  return hash.digest('hex').slice(0, 16)
}
