/**
 * Where this library writes what it has to say. `console`, winston and pino satisfy it as they are.
 * The message names every fact a reader needs; `fields` repeats them as data. (pino keeps `fields` with the three lines of
 * the README only: it takes them first.)
 */
export interface Logger {
  debug(message: string, fields?: object): void
  info(message: string, fields?: object): void
  warn(message: string, fields?: object): void
  error(message: string, fields?: object): void
}
