import { hidden } from './redact-url.js'

const knownStart = '(?<=\\W)(?:amqps?|rediss?(?:\\+socket)?|mongodb(?:\\+srv)?|memcached?|https?|gcppubsub):\\/\\/'
const untilSpace = new RegExp(`\\s|${knownStart}`, 'gi')
/** Inside quotes a URL may hold spaces, and the quote itself behind a backslash. */
const untilQuote: Readonly<Record<string, RegExp>> = {
  '"': new RegExp(`\\\\.|[\\n"]|${knownStart}`, 'gi'),
  "'": new RegExp(`\\\\.|[\\n']|${knownStart}`, 'gi'),
  '`': new RegExp(`\\\\.|[\\n\`]|${knownStart}`, 'gi'),
}
/** In these, `@` after the first slash is ordinary: `https://registry/@scope`, `file:///node_modules/a@1/`. */
const webScheme = /^(?:https?|wss?|file|git|node)$/i
const secretParameter =
  /([?&](?:password|passwd|pwd|pass|secret|token|signature|credential|x-amz-[\w-]+)=)[^&#\s"'`]+/gi
const longestScheme = 20
/** How far a password with a space in it is followed to its `@`. */
const longestTail = 200

/** The text with the credentials of every URL in it replaced by `[hidden]`. Costs next to nothing where there is no URL. */
export function redactText(text: string): string {
  let found = text.indexOf('://')
  if (found < 0) return text
  let result = ''
  let copied = 0
  let quote = ''
  let end = 0
  while (found >= 0) {
    const schemeStart = Math.max(end, findSchemeStart(text, found))
    const start = found + 3
    // The next URL of a list is in the same quotes.
    if (schemeStart !== end || end === 0) quote = text.charAt(schemeStart - 1)
    end = start
    if (schemeStart < found) {
      end = findEnd(text, quote, start)
      const secretEnd = findSecretEnd(text, text.slice(schemeStart, found), start, end)
      if (secretEnd > start) {
        result += text.slice(copied, start) + hidden
        copied = secretEnd
        end = Math.max(end, secretEnd)
      }
      result += text.slice(copied, end).replace(secretParameter, `$1${hidden}`)
      copied = end
    }
    found = text.indexOf('://', end)
  }
  return result + text.slice(copied)
}

function findSchemeStart(text: string, colon: number): number {
  let start = colon
  while (start > 0 && colon - start < longestScheme && /[a-z0-9+.-]/i.test(text.charAt(start - 1))) start--
  while (start < colon && !/[a-z]/i.test(text.charAt(start))) start++
  return start
}

function findEnd(text: string, quote: string, start: number): number {
  const quoted = untilQuote[quote]
  return (quoted && nextMatch(quoted, text, start)) ?? nextMatch(untilSpace, text, start) ?? text.length
}

function nextMatch(pattern: RegExp, text: string, from: number): number | undefined {
  pattern.lastIndex = from
  let match = pattern.exec(text)
  while (match?.[0].startsWith('\\')) match = pattern.exec(text)
  return match?.index
}

/** Where the part to hide ends; `start` where there is none. */
function findSecretEnd(text: string, scheme: string, start: number, end: number): number {
  const url = text.slice(start, end)
  const authority = url.slice(0, url.search(/[/?#]|$/))
  const broken = hasBrokenPort(authority)
  const at = webScheme.test(scheme) && !broken ? authority.lastIndexOf('@') : url.lastIndexOf('@')
  if (at >= 0) return start + at
  if (!broken) return start
  // `redis://:my password@host`, or a password without a host.
  const line = text.slice(end, end + longestTail)
  const tail = line.slice(0, line.search(/[\r\n]|$/)).indexOf('@')
  return tail >= 0 ? end + tail : end
}

/** Whether a colon is followed by something that is no port, and so probably by a password. */
function hasBrokenPort(authority: string): boolean {
  return /:(?!\d{0,5}(?:[,.;:)"'`\]}>]|$))/.test(authority.replace(/\[[0-9a-f:.]*\]/gi, ''))
}
