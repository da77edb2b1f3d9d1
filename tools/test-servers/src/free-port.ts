import { randomInt } from 'node:crypto'
import { createServer } from 'node:net'

/**
 * Below the range from which kernels choose ports of outgoing connections (32768 on Linux), so that nothing but another
 * server takes the port between two starts of the same server; and low enough that `port + 10000` is a port as well.
 */
const lowest = 10_000
const highest = 32_000

/** A port of the loopback interface on which nothing listens now. */
export async function freePort(): Promise<number> {
  for (let attempt = 0; attempt < 100; attempt++) {
    const port = randomInt(lowest, highest)
    if (await canListen(port)) return port
  }
  throw new Error(`No free port found between ${lowest} and ${highest} on 127.0.0.1.`)
}

function canListen(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const probe = createServer()
    probe.once('error', () => resolve(false))
    probe.listen({ port, host: '127.0.0.1', exclusive: true }, () => probe.close(() => resolve(true)))
  })
}
