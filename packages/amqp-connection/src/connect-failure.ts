import { redactText } from '@machinery/core/adapter'

/** Codes of Node and of OpenSSL, where the message alone does not say what to do. */
const advice: readonly (readonly [RegExp, string])[] = [
  [
    /^(?:(?:DEPTH_ZERO_)?SELF_SIGNED_CERT|UNABLE_TO_(?:GET_ISSUER|VERIFY_LEAF))/,
    "The server's certificate is not trusted. Set tls.ca to the certificate of its authority",
  ],
  [
    /ALERT_(?:CERTIFICATE_REQUIRED|HANDSHAKE_FAILURE)$/,
    'The server asks for a client certificate. Set tls.cert and tls.key to one that it trusts',
  ],
  [
    /ALERT_(?:UNKNOWN_CA|BAD_CERTIFICATE|CERTIFICATE_UNKNOWN)$/,
    'The server does not trust the client certificate in tls.cert',
  ],
  [/_WRONG_VERSION_NUMBER$/, 'That port speaks no TLS. RabbitMQ has another one for amqps://, 5671 by default'],
]

/** How amqplib says that the server closes the connection when it is told the virtual host; it keeps the server's reason to itself. */
const vhostRefused = /^Expected ConnectionOpenOk; got <?ConnectionClose/

/** Why a server could not be connected to, for messages: without credentials and addresses in memory. */
export function describeConnectFailure(error: unknown, vhost: string): string {
  // A refused connection to a name with several addresses comes without a message.
  if (error instanceof AggregateError && error.message === '') {
    return error.errors.map((each) => describeConnectFailure(each, vhost)).join(', ')
  }
  if (!(error instanceof Error)) return redactText(String(error))
  if (vhostRefused.test(error.message)) {
    return `the server refused the virtual host ${JSON.stringify(vhost)}: there is none of that name, the user may not use it, or it takes no more connections. Create it, permit it, or name another in the URL`
  }
  const { code, reason } = error as { code?: unknown; reason?: unknown }
  const isOfOpenSsl = typeof code === 'string' && code.startsWith('ERR_SSL_') && typeof reason === 'string'
  const text = redactText(isOfOpenSsl ? reason : error.message)
  const what = advice.find(([pattern]) => pattern.test(String(code)))?.[1]
  return what === undefined ? text : `${text}. ${what}`
}
