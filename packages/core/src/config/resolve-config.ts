import { ConfigurationError } from '../errors/errors.js'
import { nearestName } from '../errors/nearest-name.js'
import { checkField, isPlainObject } from './check-field.js'
import type { Config, ConfigInput } from './config.js'
import type { Section } from './field.js'
import { sections, topSection } from './fields.js'
import { hideSecrets } from './hide-secrets.js'

/**
 * A complete configuration from the parts that are given: validated, with every default filled in, frozen, and shared
 * with nobody. Takes a `Config` too.
 * @throws ConfigurationError when a value is not allowed or a name is unknown; it names the field and what it may be
 */
export function resolveConfig(input: ConfigInput = {}): Config {
  const given = objectAt('', input)
  refuseUnknown('', given, [...Object.keys(topSection.fields), ...Object.keys(sections)])
  const config = resolveSection(topSection, '', given)
  for (const [name, section] of Object.entries(sections)) {
    const part = objectAt(name, given[name] === undefined ? {} : given[name])
    refuseUnknown(`${name}.`, part, Object.keys(section.fields))
    config[name] = Object.freeze(resolveSection(section, `${name}.`, part))
  }
  hideSecrets(config)
  // The table of fields is checked against Config by its type, and every value against its field just now.
  return Object.freeze(config) as unknown as Config
}

function resolveSection(section: Section, prefix: string, given: Record<string, unknown>): Record<string, unknown> {
  const resolved: Record<string, unknown> = {}
  for (const [name, field] of Object.entries(section.fields)) {
    const value = checkField(field, prefix + name, given[name])
    if (value !== undefined) resolved[name] = field.kind === 'arguments' ? Object.freeze(value) : value
  }
  return resolved
}

function objectAt(name: string, value: unknown): Record<string, unknown> {
  if (isPlainObject(value)) return value
  const what = name === '' ? 'The configuration' : `Configuration ${name}`
  throw new ConfigurationError(`${what} must be an object; got ${value === null ? 'null' : typeof value}.`)
}

function refuseUnknown(prefix: string, given: Record<string, unknown>, known: readonly string[]): void {
  for (const key of Object.keys(given)) {
    if (known.includes(key)) continue
    const nearest = nearestName(key, known)
    const hint = nearest === undefined ? `Known are: ${known.join(', ')}.` : `Did you mean ${prefix}${nearest}?`
    throw new ConfigurationError(`Unknown configuration field ${JSON.stringify(prefix + key)}. ${hint}`)
  }
}
