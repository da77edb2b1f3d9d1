import { ConfigurationError } from '../errors/errors.js'
import { nearestName } from '../errors/nearest-name.js'
import { checkField, isPlainObject } from './check-field.js'
import type { Field, Section } from './field.js'
import { sections, topSection } from './fields.js'
import { parseGoInteger } from './go-literals.js'
import type { YamlFile } from './parse-yaml.js'

const sectionsByKey = new Map(
  Object.entries(sections).flatMap(([name, section]) =>
    section.yaml === undefined ? [] : [[section.yaml, { name, section }] as const],
  ),
)
/** What Go's YAML takes for truth values, beyond what YAML 1.2 says. */
const words = new Map([
  ...['y', 'Y', 'yes', 'Yes', 'YES', 'on', 'On', 'ON'].map((word) => [word, true] as const),
  ...['n', 'N', 'no', 'No', 'NO', 'off', 'Off', 'OFF'].map((word) => [word, false] as const),
])

/**
 * What a file sets, as input for `resolveConfig`, under Machinery's keys in either spelling.
 * @param warn is told of each key that means nothing
 * @throws ConfigurationError when a value is not allowed; it names the file and the key
 */
export function readYaml(yaml: YamlFile, file: string, warn: (message: string) => void): Record<string, unknown> {
  const input = readSection(topSection, yaml, yaml.values, [], file, [...sectionsByKey.keys()], warn)
  for (const [key, { name, section }] of sectionsByKey) {
    const values = yaml.values[key] ?? {}
    if (!isPlainObject(values)) {
      throw new ConfigurationError(`Configuration ${key} in ${file} must be a section with keys of its own.`)
    }
    input[name] = readSection(section, yaml, values, [key], file, [], warn)
  }
  return input
}

function readSection(
  section: Section,
  yaml: YamlFile,
  values: Record<string, unknown>,
  path: readonly string[],
  file: string,
  otherKeys: readonly string[],
  warn: (message: string) => void,
): Record<string, unknown> {
  const input: Record<string, unknown> = {}
  const used = new Set(otherKeys)
  for (const [name, field] of Object.entries(section.fields)) {
    const key = field.yaml?.find((spelling) => Object.hasOwn(values, spelling))
    if (key === undefined) continue
    used.add(key)
    const keyPath = [...path, key]
    input[name] = checkField(
      field,
      `${keyPath.join('.')} in ${file}`,
      toFieldValue(field, values[key], yaml.sourceOf(keyPath)),
    )
  }
  for (const key of Object.keys(values)) {
    if (!used.has(key)) warn(unusedKey(section, path, key, file, otherKeys))
  }
  return input
}

function unusedKey(
  section: Section,
  path: readonly string[],
  key: string,
  file: string,
  otherKeys: readonly string[],
): string {
  const where = `${JSON.stringify([...path, key].join('.'))} in ${file}`
  const spellings = Object.values(section.fields).map((field) => field.yaml ?? [])
  const twin = spellings.find((names) => names.includes(key))
  if (twin !== undefined)
    return `Configuration key ${where} is ignored: another spelling of it, ${twin[0]}, is set too.`
  const nearest = nearestName(key, [...spellings.flatMap((names) => names[0] ?? []), ...otherKeys])
  return `Unknown configuration key ${where} is ignored.${nearest === undefined ? '' : ` Did you mean ${nearest}?`}`
}

/** What Go would make of the scalar, given what kind of field it is for. */
function toFieldValue(field: Field, value: unknown, source: string | undefined): unknown {
  if (value === null) return undefined
  switch (field.kind) {
    case 'text':
      // A queue may be called 007 or true.
      return typeof value === 'object' ? value : (source ?? String(value))
    case 'integer': {
      const integer = source === undefined ? undefined : parseGoInteger(source)
      return integer === undefined ? value : Number(integer)
    }
    case 'boolean':
    case 'tls':
      return typeof value === 'string' ? (words.get(value) ?? value) : value
    default:
      return value
  }
}
