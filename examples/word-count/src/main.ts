import { fileURLToPath } from 'node:url'
import { consoleLogger, Server } from '@machinery/core'
import type { Outcome } from './count-directory.js'
import { countDirectory } from './count-directory.js'
import type { Options } from './options.js'
import { readOptions, UsageError, usage } from './options.js'
import { ProgressBar } from './progress-bar.js'
import { registerTasks } from './register.js'

async function run(options: Options): Promise<void> {
  const bar = new ProgressBar(process.stderr)
  await using server = new Server({ logger: consoleLogger({ level: 'warn', stream: bar }) })
  registerTasks(server)
  const worker = server.newWorker('word-count', options.concurrency)
  // Without its worker, which quits on Ctrl-C, this would wait for results that nobody makes.
  const stopped = new AbortController()
  const launched = worker.launch().finally(() => stopped.abort(new Error('Stopped before all files were counted.')))
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
    await worker.quit()
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
  else await run(options)
} catch (error) {
  if (!(error instanceof UsageError)) throw error
  console.error(`${error.message}\n\n${usage}`)
  process.exitCode = 2
}
