/** What stands where a secret was. */
export const hidden = '[hidden]'

// Only AMQP URLs come in lists. Elsewhere, and in the middle of a word, `amqp://` is a piece of a password.
const listedUrl = /(?<=\W)amqps?:\/\//g
const hostList = /^(?:[\w.-]+|\[[0-9a-f:.]+\])(?::\d{1,5})?(?:,(?:[\w.-]+|\[[0-9a-f:.]+\])(?::\d{1,5})?)*$/i
const plainPath = /^\/[\w./-]*/

/**
 * A connection URL without its secrets: `scheme://host[:port]`, also for lists of hosts and lists of URLs, and
 * `scheme:///path` for a socket. What cannot be told from a password is shown as `[hidden]`, and so is text that is no URL.
 */
export function redactUrl(url: string): string {
  if (url === '' || url === 'eager' || url === 'null') return url
  if (!/^[a-z][a-z0-9+.-]{0,30}:\/\//i.test(url)) return hidden
  const starts = [0]
  if (/^amqps?:/.test(url)) for (const match of url.matchAll(listedUrl)) starts.push(match.index)
  const isList = starts.length > 1
  // Where one URL of a list has user info, another without any may be a piece of a password.
  const needsUserInfo = isList && url.includes('@')
  return starts.map((start, index) => redactOne(url.slice(start, starts[index + 1]), isList, needsUserInfo)).join(',')
}

function redactOne(url: string, isListed: boolean, needsUserInfo: boolean): string {
  const schemeEnd = url.indexOf('://') + 3
  const scheme = url.slice(0, schemeEnd)
  const rest = isListed ? withoutSeparator(url.slice(schemeEnd)) : url.slice(schemeEnd)
  const authorityEnd = rest.search(/[/?#]|$/)
  const authority = rest.slice(0, authorityEnd)
  const at = authority.lastIndexOf('@')
  // An `@` further on may end a password that holds a raw slash.
  if (rest.includes('@', authorityEnd) || (needsUserInfo && at < 0)) return scheme + hidden
  const host = authority.slice(at + 1)
  if (host !== '') return scheme + (hostList.test(host) ? host : hidden)
  // Sockets come alone: in a list, what looks like a path is more likely a piece of a password.
  const path = isListed || !scheme.includes('+socket') ? undefined : plainPath.exec(rest.slice(authorityEnd))?.[0]
  return scheme + (path ?? '')
}

/** Cuts what stands between two URLs: `,`, `;`, ` | `, whatever the separator is. Not by a regular expression, which would try each position. */
function withoutSeparator(text: string): string {
  let end = text.length
  while (end > 0 && !/[\w/\]]/.test(text.charAt(end - 1))) end--
  return text.slice(0, end)
}
