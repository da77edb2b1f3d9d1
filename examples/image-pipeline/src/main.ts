import { mkdtemp } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { consoleLogger, isMachineryError } from '@machinery/core'
import { connect } from './connect.js'
import { findPictures } from './find-pictures.js'
import type { Options } from './options.js'
import { readOptions, UsageError, usage } from './options.js'
import { printable } from './printable.js'
import { Progress } from './progress.js'
import { registerTasks } from './register.js'
import { runWorkflow } from './run-workflow.js'
import { drawSamples } from './sample-pictures.js'
import type { ContactSheet } from './tasks.js'

/** Tiles of more pictures than this on one sheet are more than anybody looks at, and than a small machine can hold. */
const MOST_PICTURES = 1_000

/** Runs tasks until a signal says to stop. */
async function work(options: Options): Promise<void> {
  await using server = connect(options, consoleLogger())
  registerTasks(server)
  await server.newWorker('image-pipeline', options.concurrency).launch()
}

/** Sends the pictures and, unless workers elsewhere do, runs the tasks too. */
async function make(options: Options): Promise<void> {
  const given = options.dir === undefined ? undefined : await picturesIn(options.dir)
  const out = options.out ?? (await mkdtemp(join(tmpdir(), 'image-pipeline-')))
  const paths = given ?? (await picturesIn(await drawSamples(join(out, 'pictures'))))
  const progress = new Progress(process.stderr)
  await using server = connect(options, consoleLogger({ level: 'warn', stream: progress }))
  registerTasks(server)
  const stopped = new AbortController()
  const stop = () => stopped.abort(new Error('Stopped before the contact sheet was made.'))
  process.once('SIGINT', stop).once('SIGTERM', stop)
  // The worker listens to the same signals. Without it, this would wait for tasks that nobody runs.
  const worker = options.role === 'both' ? server.newWorker('image-pipeline', options.concurrency) : undefined
  const launched = worker?.launch().finally(stop)
  launched?.catch(() => {})
  try {
    const outcome = await runWorkflow(server, paths, {
      out,
      signal: stopped.signal,
      onProgress: (done, total) => progress.show(done, total),
    })
    progress.end()
    print(options, out, outcome)
  } catch (error) {
    progress.end()
    if (!stopped.signal.aborted) throw error
    console.error(stopped.signal.reason.message)
    process.exitCode = 130
  } finally {
    await worker?.quit()
    await launched
  }
}

async function picturesIn(directory: string): Promise<readonly string[]> {
  const paths = await findPictures(directory)
  if (paths.length >= 1 && paths.length <= MOST_PICTURES) return paths
  throw new UsageError(`${printable(directory)} has ${paths.length} pictures. Choose one with 1 to ${MOST_PICTURES}.`)
}

function print(options: Options, out: string, { failed, images, sheet, thumbnails }: ContactSheet): void {
  console.log(`${images} pictures, ${thumbnails} thumbnails in ${printable(out)}`)
  for (const { name, reason } of failed) console.log(`not read: ${printable(name)}: ${printable(reason)}`)
  console.log(`contact sheet: ${printable(sheet)}`)
  if (options.json) console.log(JSON.stringify({ images, thumbnails, failed: failed.length, sheet }))
}

try {
  const options = readOptions(process.argv.slice(2))
  if (options === 'help') console.log(usage)
  else await (options.role === 'worker' ? work(options) : make(options))
} catch (error) {
  if (error instanceof UsageError) {
    console.error(`${error.message}\n\n${usage}`)
    process.exitCode = 2
  } else if (isMachineryError(error)) {
    console.error(error.message)
    process.exitCode = 1
  } else throw error
}
