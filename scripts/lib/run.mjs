import { spawn } from 'node:child_process'
import { constants } from 'node:os'
import { root } from './root.mjs'

/**
 * @typedef {object} RunOptions
 * @property {string} [cwd]
 * @property {Record<string, string | undefined>} [env] added to ours
 * @property {number} [timeoutMs] after which it is killed
 */

/** How long a child may take to end when it is asked to, in milliseconds. */
const politeMs = 5000

/** @type {Map<import('node:child_process').ChildProcess, boolean>} child → whether it is alone in its process group */
const children = new Map()

/** @type {Set<() => Promise<void>>} */
const cleanups = new Set()

/**
 * Runs a program to its end, with nothing to read, and collects what it prints. It gets a process group of its own, so
 * that it can be ended with everything that it started.
 * @param {string} file
 * @param {readonly string[]} args
 * @param {RunOptions} [options]
 * @returns {Promise<{ code: number, output: string, timedOut: boolean }>}
 */
export function run(file, args, { cwd = root, env = {}, timeoutMs } = {}) {
  const child = spawn(file, args, {
    cwd,
    env: { ...process.env, ...colors(), ...env },
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let output = ''
  let timedOut = false
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text) => {
      output += text
    })
  }
  const timer = timeoutMs
    ? setTimeout(() => {
        timedOut = true
        signal(child, 'SIGKILL')
      }, timeoutMs)
    : undefined
  return ended(child, true, 'close').then((code) => {
    clearTimeout(timer)
    return { code, output, timedOut }
  })
}

/**
 * Runs a program in our place: it has the terminal, and Ctrl-C reaches it.
 * @param {string} file
 * @param {readonly string[]} args
 * @param {RunOptions} [options]
 * @returns {Promise<number>} its exit code
 */
export function runInForeground(file, args, { cwd = root, env = {} } = {}) {
  return ended(spawn(file, args, { cwd, env: { ...process.env, ...env }, stdio: 'inherit' }), false, 'exit')
}

/**
 * What is to be done before we end, also when a signal ends us.
 * @param {() => Promise<void>} cleanup
 */
export function beforeExit(cleanup) {
  cleanups.add(cleanup)
}

/** @returns {Promise<void>} when all that was registered with `beforeExit` is done */
export async function cleanUp() {
  const all = [...cleanups]
  cleanups.clear()
  await Promise.allSettled(all.map((cleanup) => cleanup()))
}

/**
 * @param {import('node:child_process').ChildProcess} child
 * @param {boolean} ownGroup
 * @param {'exit' | 'close'} event
 * @returns {Promise<number>}
 */
function ended(child, ownGroup, event) {
  children.set(child, ownGroup)
  return new Promise((resolve, reject) => {
    child.once('error', (error) => {
      children.delete(child)
      reject(error)
    })
    child.once(event, (code, name) => {
      children.delete(child)
      resolve(code ?? 128 + signalNumber(name))
    })
  })
}

/**
 * @param {import('node:child_process').ChildProcess} child
 * @param {NodeJS.Signals} name
 */
function signal(child, name) {
  if (child.pid === undefined) return
  try {
    process.kill(children.get(child) ? -child.pid : child.pid, name)
  } catch {
    // It has ended already.
  }
}

/** @param {NodeJS.Signals} name */
function signalNumber(name) {
  return constants.signals[name] ?? 0
}

function colors() {
  return process.stdout.isTTY && !process.env.NO_COLOR
    ? { FORCE_COLOR: '1' }
    : { NO_COLOR: '1', FORCE_COLOR: undefined }
}

let ending = false

/** @param {NodeJS.Signals} name */
async function end(name) {
  if (ending) return
  ending = true
  // A terminal has sent Ctrl-C to the whole foreground group; sent twice, it would mean "at once".
  for (const [child, ownGroup] of children) {
    if (ownGroup || name !== 'SIGINT' || !process.stdin.isTTY) signal(child, name)
  }
  const force = setTimeout(() => {
    for (const child of children.keys()) signal(child, 'SIGKILL')
  }, politeMs)
  while (children.size > 0) await new Promise((resolve) => setTimeout(resolve, 20))
  clearTimeout(force)
  await cleanUp()
  // Whatever the rest of the script has begun in the meantime.
  for (const child of children.keys()) signal(child, 'SIGKILL')
  process.exit(128 + signalNumber(name))
}

for (const name of /** @type {const} */ (['SIGINT', 'SIGTERM', 'SIGHUP'])) process.on(name, () => void end(name))
