import type { Logger } from '../contracts/logger.js'

const nothing = (): void => {}

/** Says nothing. */
export const silentLogger: Logger = Object.freeze({ debug: nothing, info: nothing, warn: nothing, error: nothing })
