/**
 * Core's rooms (folders of packages/core/src) and whom each may import, beside itself. `room/file` allows that one file.
 * In words: docs/architecture.md.
 * @type {Readonly<Record<string, readonly string[]>>}
 */
export const rooms = {
  errors: [],
  contracts: [],
  signature: ['errors', 'contracts'],
  state: ['contracts'],
  time: ['contracts', 'errors'],
  retry: ['time', 'errors'],
  batch: ['contracts', 'errors'],
  logging: ['contracts'],
  config: ['errors', 'contracts', 'time', 'logging'],
  adapter: ['contracts', 'errors', 'signature', 'state', 'time', 'batch', 'logging'],
  memory: ['contracts', 'errors', 'adapter', 'time', 'state', 'signature'],
  task: ['signature', 'errors', 'contracts', 'time', 'retry'],
  workflow: ['signature', 'errors', 'task'],
  schedule: ['errors', 'time', 'contracts', 'signature', 'workflow'],
  result: ['contracts', 'state', 'errors', 'signature', 'task', 'time', 'batch', 'workflow'],
  sending: ['contracts', 'errors', 'signature', 'task', 'time', 'batch'],
  worker: ['*', '!server'],
  server: ['*', '!worker', 'worker/index'],
}

/** What core may need at run time. Never an adapter or the client library of a server. Each with its reason. */
export const coreDependencies = {
  yaml: 'reading configuration files as Machinery does',
}

/** Which packages of the house a package's sources may import, by its folder name; the first that matches counts. */
const arrows = [
  { packages: /^core$/, mayImport: [] },
  { packages: /^(broker|backend|lock)-redis$/, mayImport: ['@machinery/core', '@machinery/redis-connection'] },
  { packages: /^(broker|backend)-amqp$/, mayImport: ['@machinery/core', '@machinery/amqp-connection'] },
  { packages: /^(broker|backend|lock)-|^(redis|amqp)-connection$/, mayImport: ['@machinery/core'] },
  { packages: /^(conformance|cli|dashboard)$/, mayImport: ['@machinery/core'] },
]

/**
 * @param {string} room
 * @param {string} other
 * @param {string} file of the other room, without extension
 */
export function mayImport(room, other, file) {
  const rules = rooms[room] ?? []
  if (room === other || rules.includes(other) || rules.includes(`${other}/${file}`)) return true
  return rules.includes('*') && !rules.includes(`!${other}`)
}

/**
 * @param {string} short folder name of a package
 * @returns {readonly string[] | undefined} the packages of the house that it may import; nothing where no rule says so
 */
export function mayDependOn(short) {
  return arrows.find((arrow) => arrow.packages.test(short))?.mayImport
}
