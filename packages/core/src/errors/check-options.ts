import { ConfigurationError } from './errors.js'
import { nearestName } from './nearest-name.js'

/** The names of all options of `Options`: TypeScript sees to it that none is missing, and none too many. */
export type OptionNames<Options> = Readonly<Record<keyof Options, true>>

/**
 * Refuses options that TypeScript would have refused: something that is no object, and names that nobody knows. Where a value
 * is undefined, nothing was given.
 * @param owner what takes the options, for messages, for example `RedisBroker`
 * @param example what options look like, for messages
 * @throws ConfigurationError naming what was given and what was probably meant
 */
export function checkOptions<Options extends object>(
  owner: string,
  options: Options,
  names: OptionNames<Options>,
  example: string = 'url' in names ? '{ url: … }' : '',
): void {
  if (Object.prototype.toString.call(options) !== '[object Object]') {
    const like = example === '' ? '' : `, for example ${example}`
    throw new ConfigurationError(`${owner} takes its options as an object${like}; got ${show(options)}.`)
  }
  for (const name of Object.keys(options)) {
    if (Object.hasOwn(names, name) || options[name as keyof Options] === undefined) continue
    const known = Object.keys(names)
    const nearest = nearestName(name, known)
    const hint = nearest === undefined ? `Known are: ${known.join(', ')}.` : `Did you mean ${nearest}?`
    throw new ConfigurationError(`${owner} has no option ${JSON.stringify(name.slice(0, 100))}. ${hint}`)
  }
}

/** Of a text only what cannot hold a password: it may be a URL. */
function show(given: unknown): string {
  if (given === null || given === undefined) return String(given)
  if (typeof given === 'object') return `an object of type ${Object.prototype.toString.call(given).slice(8, -1)}`
  if (typeof given === 'string') {
    const plain = /^(?:\d{1,5}$|[\w.-]{1,40}:\d{1,5}$|[a-z][a-z+]{0,20}:\/\/)/.exec(given)?.[0]
    if (plain === undefined) return 'a string'
    return `the string ${JSON.stringify(plain === given ? given : `${plain}…`)}`
  }
  return typeof given === 'number' || typeof given === 'boolean' ? String(given) : `a ${typeof given}`
}
