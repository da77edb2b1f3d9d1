import { fileURLToPath } from 'node:url'
import { consoleLogger, isMachineryError } from '@machinery/core'
import { connect } from './connect.js'
import type { Outcome } from './count-directory.js'
import { countDirectory } from './count-directory.js'
import type { Options } from './options.js'
import { readOptions, UsageError, usage } from './options.js'
import { ProgressBar } from './progress-bar.js'
import { registerTasks } from './register.js'

/** Runs tasks until a signal says to stop. */
async function work(options: Options): Promise<void> {
  await using server = connect(options, consoleLogger())
  registerTasks(server)
  await server.newWorker('word-count', options.concurrency).launch()
}

/** Sends the files and, unless workers elsewhere do, runs the tasks too. */
async function count(options: Options): Promise<void> {
  const bar = new ProgressBar(process.stderr)
  await using server = connect(options, consoleLogger({ level: 'warn', stream: bar }))
  registerTasks(server)
  const stopped = new AbortController()
  const stop = () => stopped.abort(new Error('Stopped before all files were counted.'))
  process.once('SIGINT', stop).once('SIGTERM', stop)
  // The worker quits at the same signals. Without it, this would wait for results that nobody makes.
  const worker = options.role === 'both' ? server.newWorker('word-count', options.concurrency) : undefined
  const launched = worker?.launch().finally(stop)
  try {
    const outcome = await countDirectory(server, options.dir, {
      concurrency: options.concurrency,
      signal: stopped.signal,
      onProgress: (done, total, failed) => bar.show(done, total, failed),
    })
    bar.end()
    print(options, outcome)
  } catch (error) {
    bar.end()
    if (!stopped.signal.aborted) throw error
    console.error(stopped.signal.reason.message)
    process.exitCode = 130
  } finally {
    await worker?.quit()
    await launched
  }
}

function print(options: Options, { files, words, failed, top }: Outcome): void {
  console.log(`${files} files, ${words} words in ${printable(options.dir)}`)
  for (const { word, count } of top) console.log(`${String(count).padStart(10)}  ${word}`)
  for (const { path, reason } of failed) console.log(`not counted: ${printable(path)}: ${printable(reason)}`)
  if (options.json) console.log(JSON.stringify({ files, words, failed: failed.length, top }))
}

/** Names on disk may hold anything, and a terminal obeys control characters. */
function printable(text: string): string {
  return text.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, (character) => `\\u{${character.codePointAt(0)?.toString(16)}}`)
}

try {
  const repository = fileURLToPath(new URL('../../..', import.meta.url))
  const options = readOptions(process.argv.slice(2), repository)
  if (options === 'help') console.log(usage)
  else await (options.role === 'worker' ? work(options) : count(options))
} catch (error) {
  if (error instanceof UsageError) {
    console.error(`${error.message}\n\n${usage}`)
    process.exitCode = 2
  } else if (isMachineryError(error)) {
    console.error(error.message)
    process.exitCode = 1
  } else throw error
}
