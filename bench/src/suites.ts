import { amqpSuite } from './amqp/suite.js'
import { chordSuite } from './chord/suite.js'
import type { Suite } from './harness/suite.js'
import { redisSuite } from './redis/suite.js'

/** All there is to compare, in the order of the tables. */
export const suites: readonly Suite[] = [redisSuite, chordSuite, amqpSuite]

/** @throws Error naming those there are */
export function findSuite(name: string): Suite {
  const suite = suites.find((one) => one.name === name)
  if (suite !== undefined) return suite
  throw new Error(`There is no suite ${name}. There are: ${suites.map((one) => one.name).join(', ')}.`)
}
