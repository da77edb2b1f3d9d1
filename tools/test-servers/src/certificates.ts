import { execFile } from 'node:child_process'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'

/** Certificates of an authority of their own, which no system trusts. PEM texts, as `tls.connect` takes them. */
export interface TestCertificates {
  /** Of the authority. */
  readonly ca: string
  /** Of a client. */
  readonly cert: string
  readonly key: string
  /** What a server on `localhost` or 127.0.0.1 needs, as paths. */
  readonly files: { readonly ca: string; readonly cert: string; readonly key: string }
}

const newKey = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes']

/** Makes them in `dir`, by openssl. They are valid for two days. */
export async function makeCertificates(dir: string): Promise<TestCertificates> {
  const authority = { cert: join(dir, 'ca.pem'), key: join(dir, 'ca.key') }
  await openssl(
    ...['req', '-x509', ...newKey, '-days', '2', '-subj', '/CN=Machinery test authority'],
    ...['-keyout', authority.key, '-out', authority.cert],
  )
  const server = await sign(dir, authority, { name: 'localhost', more: 'subjectAltName=DNS:localhost,IP:127.0.0.1' })
  const client = await sign(dir, authority, { name: 'client', more: 'extendedKeyUsage=clientAuth' })
  const [ca, cert, key] = await Promise.all(
    [authority.cert, client.cert, client.key].map((file) => readFile(file, 'utf8')),
  )
  return { ca: ca as string, cert: cert as string, key: key as string, files: { ca: authority.cert, ...server } }
}

interface Pair {
  readonly cert: string
  readonly key: string
}

async function sign(dir: string, authority: Pair, { name, more }: { name: string; more: string }): Promise<Pair> {
  const [cert, key, request, extensions] = ['pem', 'key', 'csr', 'ext'].map((end) => join(dir, `${name}.${end}`)) as [
    string,
    string,
    string,
    string,
  ]
  await writeFile(extensions, `basicConstraints=CA:FALSE\n${more}\n`)
  await openssl('req', '-new', ...newKey, '-subj', `/CN=${name}`, '-keyout', key, '-out', request)
  await openssl(
    ...['x509', '-req', '-in', request, '-CA', authority.cert, '-CAkey', authority.key, '-CAcreateserial'],
    ...['-days', '2', '-extfile', extensions, '-out', cert],
  )
  return { cert, key }
}

async function openssl(...args: readonly string[]): Promise<void> {
  await promisify(execFile)('openssl', [...args])
}
