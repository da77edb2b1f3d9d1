/**
 * Where this library writes what it has to say. `console`, pino and winston satisfy it as they are.
 * The message names every fact a reader needs; `fields` repeats them as data for loggers that keep structure.
 */
export interface Logger {
  debug(message: string, fields?: object): void
  info(message: string, fields?: object): void
  warn(message: string, fields?: object): void
  error(message: string, fields?: object): void
}
