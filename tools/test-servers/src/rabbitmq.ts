import { chmod, mkdir, writeFile } from 'node:fs/promises'
import { connect } from 'node:net'
import { join } from 'node:path'
import { findExecutable, findRabbitMqServer, pathDirectories } from './binaries.js'
import { makeCertificates, type TestCertificates } from './certificates.js'
import { freePort } from './free-port.js'
import { rabbitmqctl } from './rabbitmqctl.js'
import { ServerProcess } from './server-process.js'
import { removeDirectory, temporaryDirectory } from './temporary-directory.js'
import { startTestServer, type TestServer } from './test-server.js'

export interface RabbitMqOptions {
  /** Default: a free one. */
  readonly port?: number
  /** Lines of rabbitmq.conf, for example `consumer_timeout = 5000`. */
  readonly configuration?: string
  /**
   * A second port for TLS, with certificates made for this server. `server`: clients need none. `mutual`: they are refused
   * without one of the same authority.
   * @default none
   */
  readonly tls?: 'server' | 'mutual'
}

/** How to get in by TLS: where, whom to trust, and who a client is. */
export interface TestTls extends TestCertificates {
  readonly url: string
}

export interface TestRabbitMq extends TestServer {
  /**
   * Runs `rabbitmqctl` on the server, for what AMQP has no way to ask for or to do: alarms, policies, messages that others
   * hold. Takes about a second.
   * @returns what it printed
   * @throws Error with what it complained of
   */
  ctl(...args: readonly string[]): Promise<string>
  /** Present where `tls` was asked for. */
  readonly tls?: TestTls
}

/** Starts RabbitMQ on the loopback interface, in about six seconds. User and password are `guest`. */
export async function startRabbitMq(options: RabbitMqOptions = {}): Promise<TestRabbitMq> {
  const file = findRabbitMqServer()
  const epmdFile = findExecutable('epmd', pathDirectories())
  if (file === undefined || epmdFile === undefined) {
    throw new Error(
      'RabbitMQ was not found. Install it, or set MACHINERY_RABBITMQ_SERVER to the path of the script rabbitmq-server ' +
        'in its lib directory (not the wrapper in /usr/sbin, which switches user).',
    )
  }
  const { port = await freePort(), configuration = '' } = options
  const [distributionPort, epmdPort] = [await freePort(), await freePort()]
  const dir = await temporaryDirectory('rabbitmq')
  const tls = options.tls && (await prepareTls(dir, options.tls))
  await prepare(dir, `${configuration}\n${tls?.configuration ?? ''}`)
  const env = environment(dir, port, distributionPort, epmdPort)

  // RabbitMQ would start this daemon itself, and leave it behind: it outlives every server. Ours ends with us.
  const epmd = new ServerProcess({
    name: 'epmd',
    file: epmdFile,
    args: ['-port', String(epmdPort), '-address', '127.0.0.1', '-relaxed_command_check'],
    dir,
    isReady: () => opens(epmdPort),
    readyWithinMs: 10_000,
  })
  const server = new ServerProcess({
    name: 'RabbitMQ',
    file,
    args: [],
    dir,
    env,
    // It listens on its ports one after another.
    isReady: async () => (await greets(port)) && (tls === undefined || (await opens(tls.port))),
    readyWithinMs: 60_000,
  })
  const stop = async (): Promise<void> => {
    await server.kill('SIGKILL')
    await epmd.kill('SIGKILL')
    await removeDirectory(dir)
  }
  try {
    await epmd.start()
  } catch (error) {
    await stop()
    throw error
  }
  const started = await startTestServer(server, { url: `amqp://guest:guest@127.0.0.1:${port}`, port, dir }, stop)
  const ctl = (...args: readonly string[]): Promise<string> => rabbitmqctl(file, env, args)
  return Object.assign(started, { ctl, ...(tls && { tls: tls.ways }) })
}

interface PreparedTls {
  readonly port: number
  readonly ways: TestTls
  readonly configuration: string
}

async function prepareTls(dir: string, kind: 'server' | 'mutual'): Promise<PreparedTls> {
  const port = await freePort()
  const certificates = await makeCertificates(dir)
  const { ca, cert, key } = certificates.files
  const lines = [
    `listeners.ssl.1 = 127.0.0.1:${port}`,
    `ssl_options.cacertfile = ${ca}`,
    `ssl_options.certfile = ${cert}`,
    `ssl_options.keyfile = ${key}`,
    ...(kind === 'mutual' ? ['ssl_options.verify = verify_peer', 'ssl_options.fail_if_no_peer_cert = true'] : []),
  ]
  return {
    port,
    ways: { ...certificates, url: `amqps://guest:guest@localhost:${port}` },
    configuration: lines.join('\n'),
  }
}

async function prepare(dir: string, configuration: string): Promise<void> {
  const home = join(dir, 'home')
  await mkdir(home)
  await writeFile(join(home, '.erlang.cookie'), 'machinery-test')
  await chmod(join(home, '.erlang.cookie'), 0o400)
  await writeFile(join(dir, 'enabled_plugins'), '[].')
  await writeFile(join(dir, 'rabbitmq.conf'), `log.console = true\nlog.console.level = error\n${configuration}\n`)
}

function environment(dir: string, port: number, distributionPort: number, epmdPort: number): Record<string, string> {
  return {
    HOME: join(dir, 'home'),
    // Makes the script replace itself by the server, so that signals reach the server.
    RUNNING_UNDER_SYSTEMD: 'true',
    ERL_EPMD_ADDRESS: '127.0.0.1',
    ERL_EPMD_PORT: String(epmdPort),
    RABBITMQ_CONFIG_FILE: join(dir, 'rabbitmq'),
    RABBITMQ_CONF_ENV_FILE: '/dev/null',
    RABBITMQ_DIST_PORT: String(distributionPort),
    RABBITMQ_ENABLED_PLUGINS_FILE: join(dir, 'enabled_plugins'),
    RABBITMQ_LOG_BASE: join(dir, 'log'),
    RABBITMQ_MNESIA_BASE: join(dir, 'mnesia'),
    RABBITMQ_NODENAME: 'test@localhost',
    RABBITMQ_NODE_IP_ADDRESS: '127.0.0.1',
    RABBITMQ_NODE_PORT: String(port),
    RABBITMQ_PID_FILE: join(dir, 'pid'),
    RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS: '-kernel inet_dist_use_interface {127,0,0,1}',
  }
}

function opens(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ port, host: '127.0.0.1' })
    socket.once('connect', () => {
      socket.destroy()
      resolve(true)
    })
    socket.once('error', () => resolve(false))
  })
}

/** Whether the server answers an AMQP 0-9-1 header: it listens a little before it serves. */
function greets(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ port, host: '127.0.0.1' }, () => socket.write('AMQP\x00\x00\x09\x01', 'latin1'))
    const settle = (greeted: boolean): void => {
      socket.destroy()
      resolve(greeted)
    }
    socket.setTimeout(2000, () => settle(false))
    socket.once('data', (frame: Buffer) => settle(frame[0] === 1))
    socket.once('error', () => settle(false))
    socket.once('close', () => settle(false))
  })
}
