import { serviceAddress, serviceVariables } from '@machinery-internal/test-servers'
import { say, sayDone } from '../lib/progress.mjs'
import { installDebianPackages } from './debian.mjs'
import { containerAddress, dockerAnswers, startContainers, stopContainers } from './docker.mjs'
import { Defect } from './service.mjs'
import { services as table } from './services.mjs'

/**
 * @typedef {import('./service.mjs').Service} Service
 * @typedef {import('./service.mjs').Running} Running
 * @typedef {import('./service.mjs').Missing} Missing
 * @typedef {{ running: Running } | { missing: Missing }} Outcome
 */

/**
 * @typedef {object} Services
 * @property {(names: readonly string[]) => Promise<Record<string, string>>} variables waits for these, and returns what they export
 * @property {() => Promise<ReadonlyMap<string, Missing>>} missing which could not be had, and why
 * @property {() => Promise<void>} stop
 */

/**
 * Starts servers side by side, and returns at once.
 * @param {ReadonlySet<string>} names
 * @returns {Services}
 */
export function startServices(names) {
  const asked = table.filter((service) => names.has(service.name))
  const unknown = [...names].filter((name) => !table.some((service) => service.name === name))
  if (unknown.length > 0)
    throw new Error(`No service is called ${unknown.join(', ')}: see scripts/services/services.mjs.`)

  /** @type {Map<string, Promise<Outcome>>} */
  const outcomes = new Map()
  const wanted = asked.filter((service) => serviceAddress(service.name) === undefined)
  /** @type {Promise<boolean> | undefined} */
  let containersUsed
  const containers = () => (containersUsed ??= useContainers(wanted))
  /** @type {Promise<string | undefined> | undefined} */
  let installed
  const installation = () => (installed ??= install(wanted))
  for (const service of asked) outcomes.set(service.name, start(service, containers, installation))

  return {
    variables: async (some) => {
      const started = await Promise.all(some.map((name) => outcomes.get(name)))
      return Object.assign(
        {},
        ...started.map((outcome) => (outcome && 'running' in outcome ? outcome.running.variables : {})),
      )
    },
    missing: async () => {
      const reasons = new Map()
      for (const [name, promise] of outcomes) {
        const outcome = await promise
        if ('missing' in outcome) reasons.set(name, outcome.missing)
      }
      return reasons
    },
    stop: async () => {
      const all = await Promise.all(outcomes.values())
      await Promise.allSettled(all.map((outcome) => 'running' in outcome && outcome.running.stop()))
      if (await containersUsed) await stopContainers()
    },
  }
}

/**
 * @param {Service} service
 * @param {() => Promise<boolean>} containers
 * @param {() => Promise<string | undefined>} installation
 * @returns {Promise<Outcome>}
 */
async function start(service, containers, installation) {
  const startedAt = performance.now()
  const address = serviceAddress(service.name)
  try {
    if (address !== undefined) return given(service, address)
    const container = await inContainer(service, containers)
    if (container) {
      sayDone('ok', `Server ${service.name} in a container`, startedAt)
      return { running: container }
    }
    if (service.find() === undefined) {
      const problem = service.debian ? await installation() : service.byHand
      if (problem !== undefined) {
        const reason = `${problem} Or set ${serviceVariables[service.name]}.`
        return { missing: { reason, isOptional: service.isOptional === true } }
      }
    }
    const running = await service.start()
    sayDone('ok', `Server ${service.name}`, startedAt)
    return { running }
  } catch (error) {
    sayDone('FAIL', `Server ${service.name}`, startedAt)
    const reason = error instanceof Error ? error.message : String(error)
    return { missing: { reason, isOptional: service.isOptional === true && !(error instanceof Defect) } }
  }
}

/**
 * @param {Service} service
 * @param {() => Promise<boolean>} containers
 * @returns {Promise<Running | undefined>}
 */
async function inContainer({ name, compose }, containers) {
  if (!compose || !(await containers())) return undefined
  const address = await containerAddress(name, compose.port)
  return { variables: { [serviceVariables[name]]: compose.url(address) }, stop: async () => {} }
}

/**
 * Machinery's own tests take an address without a scheme as well.
 * @param {Service} service
 * @param {string} address
 * @returns {Outcome}
 */
function given(service, address) {
  const url = service.compose && !address.includes('://') ? service.compose.url(address) : address
  return { running: { variables: { [serviceVariables[service.name]]: url }, stop: async () => {} } }
}

/**
 * @param {readonly Service[]} wanted
 * @returns {Promise<boolean>} whether containers are used
 */
async function useContainers(wanted) {
  if (!(await dockerAnswers())) return false
  try {
    await startContainers(wanted.filter((service) => service.compose).map((service) => service.name))
    return true
  } catch (error) {
    say(`${error instanceof Error ? error.message : error}\nGoing on without containers.`)
    await stopContainers()
    return false
  }
}

/**
 * One installation for all that lack their binary: apt-get runs once at a time.
 * @param {readonly Service[]} wanted
 */
function install(wanted) {
  const lacking = wanted.flatMap(({ debian, find }) => (debian && find() === undefined ? [debian] : []))
  return installDebianPackages([...new Set(lacking)])
}
