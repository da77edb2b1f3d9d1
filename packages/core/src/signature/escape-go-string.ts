import { splitAtLoneSurrogates } from './well-formed.js'

// biome-ignore lint/suspicious/noControlCharactersInRegex: JSON escapes control characters
const needsEscape = /[\u0000-\u001f"\\<>&\u2028\u2029\ud800-\udfff]/
const needsMoreThanJson = /[<>&\u2028\u2029]/
const moreThanJson = /[<>&\u2028\u2029]/g

/**
 * `text` as a JSON string with Go's escapes: those of `JSON.stringify`, also `<`, `>`, `&`, U+2028 and U+2029,
 * and `\ufffd` for half a surrogate pair.
 */
export function escapeGoString(text: string): string {
  if (!needsEscape.test(text)) return `"${text}"`
  return `"${splitAtLoneSurrogates(text).map(inner).join('\\ufffd')}"`
}

function inner(text: string): string {
  const json = JSON.stringify(text).slice(1, -1)
  return needsMoreThanJson.test(json) ? json.replace(moreThanJson, unicodeEscape) : json
}

function unicodeEscape(char: string): string {
  return `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`
}
