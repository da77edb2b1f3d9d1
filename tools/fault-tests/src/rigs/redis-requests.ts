import type { Requests } from './rig.js'

/** A script of this many keys, of which the first looks like this. */
function script(keys: number | string, firstKey: string): RegExp {
  return new RegExp(
    `evalsha\\r\\n\\$40\\r\\n[0-9a-f]{40}\\r\\n\\$\\d+\\r\\n${keys}\\r\\n\\$\\d+\\r\\n${firstKey}\\r\\n`,
  )
}

const any = '[^\\r]*'

export const redisBrokerRequests: Pick<Requests, 'publish' | 'fetch' | 'wait' | 'ack'> = {
  publish: /\r\nrpush\r\n/,
  fetch: script(4, any),
  wait: /\r\nblmove\r\n/,
  ack: script('\\d+', `${any}:ts:deliveries`),
}

export const redisBackendRequests: Omit<Requests, keyof typeof redisBrokerRequests> = {
  saveStates: /SUCCESS/,
  claimChord: script(5, any),
  finishMembers: script(4, any),
}
