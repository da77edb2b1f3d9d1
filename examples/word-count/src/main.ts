import { fileURLToPath } from 'node:url'
import { consoleLogger, Server } from '@machinery/core'
import type { Outcome } from './count-directory.js'
import { countDirectory } from './count-directory.js'
import type { Options } from './options.js'
import { readOptions, UsageError, usage } from './options.js'
import { ProgressBar } from './progress-bar.js'
import { registerTasks } from './register.js'

async function run(options: Options): Promise<void> {
  await using server = new Server({ logger: consoleLogger({ level: 'warn' }) })
  registerTasks(server)
  await using worker = server.newWorker('word-count', options.concurrency)
  const launched = worker.launch()
  const bar = new ProgressBar(process.stderr)
  const outcome = await countDirectory(server, options.dir, (done, total, failed) => bar.show(done, total, failed))
  bar.end()
  print(options, outcome)
  await worker.quit()
  await launched
}

function print(options: Options, { files, words, failed, top }: Outcome): void {
  console.log(`${files} files, ${words} words in ${options.dir}`)
  for (const { word, count } of top) console.log(`${String(count).padStart(10)}  ${word}`)
  for (const { path, reason } of failed) console.log(`not counted: ${JSON.stringify(path)}: ${reason}`)
  if (options.json) console.log(JSON.stringify({ files, words, failed: failed.length, top }))
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
