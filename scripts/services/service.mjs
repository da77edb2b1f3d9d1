/**
 * @typedef {object} Running
 * @property {Record<string, string>} variables what tests find in their environment
 * @property {() => Promise<void>} stop ends it and removes its data
 */

/**
 * One server that tests may ask for by name. In order: an address that the environment gives, a Docker engine, a binary
 * that is on the machine, a Debian package.
 * @typedef {object} Service
 * @property {import('@machinery-internal/test-servers').ServiceName} name its variable is in tools/test-servers/src/services.ts
 * @property {{ port: number, url: (address: string) => string }} [compose] the service of the same name in
 *   docker-compose.test.yml: its port inside, and the URL for an address `host:port` outside. Absent for what announces
 *   addresses of its own, which are not those outside of the container
 * @property {string} [debian] the package that brings it
 * @property {string} [byHand] how to get it where no package brings it
 * @property {boolean} [isOptional] whether `--require-all` may do without it: it is named in the summary, and that is all
 * @property {() => string | undefined} find the path of its binary
 * @property {() => Promise<Running>} start on a free loopback port in a temporary directory; resolves when it is ready
 */

/**
 * @typedef {object} Missing
 * @property {string} reason
 * @property {boolean} isOptional
 */

/** Thrown by `start` for a fault of this repository: then it is no excuse that the service is optional. */
export class Defect extends Error {}
