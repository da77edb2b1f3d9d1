import { checkField } from './check-field.js'
import type { Config, ConfigInput } from './config.js'
import type { Section } from './field.js'
import { sections, topSection } from './fields.js'
import { readText } from './read-text.js'
import { resolveConfig } from './resolve-config.js'

/** Environment variables by name, as `process.env`. */
export type Environment = Readonly<Record<string, string | undefined>>

/**
 * The configuration that environment variables describe, under the names of Machinery: `BROKER`, `DEFAULT_QUEUE`,
 * `REDIS_MAX_IDLE`, … Where a section's prefix comes twice (`REDIS_REDIS_MAX_IDLE`), that variable goes first.
 * Misspelt names of Go are taken beside the right ones. TLS is off unless `TLS_ENABLED` is true.
 * @throws ConfigurationError when a variable holds what it may not; it names the variable
 */
export function configFromEnvironment(environment: Environment = process.env): Config {
  const input: Record<string, unknown> = readSection(topSection, environment)
  for (const [name, section] of Object.entries(sections)) input[name] = readSection(section, environment)
  return resolveConfig(input as ConfigInput)
}

function readSection(section: Section, environment: Environment): Record<string, unknown> {
  const values: Record<string, unknown> = {}
  for (const [name, field] of Object.entries(section.fields)) {
    const variable = findVariable(environment, field.env ?? [], section.envPrefix)
    if (variable === undefined) continue
    // Judged here already, so that an error names the variable and not a field the user never wrote.
    values[name] = checkField(field, variable, readText(field, variable, environment[variable] ?? ''))
  }
  return values
}

function findVariable(
  environment: Environment,
  names: readonly string[],
  prefix: string | undefined,
): string | undefined {
  const isSet = (name: string): boolean => environment[name] !== undefined
  const prefixed = prefix === undefined ? undefined : names.map((name) => prefix + name).find(isSet)
  return prefixed ?? names.find(isSet)
}
