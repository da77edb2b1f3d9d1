// npm start: runs the first example on the embedded default, from a fresh clone. Starts on Node 20 with nothing installed.
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { bootstrap } from './bootstrap/bootstrap.mjs'
import { build } from './lib/build.mjs'
import { Problem, runMain } from './lib/progress.mjs'
import { root } from './lib/root.mjs'
import { runInForeground } from './lib/run.mjs'

const example = 'word-count'

runMain(async () => {
  const { node, env } = await bootstrap()
  await build(node, env, [`@machinery-examples/${example}`])
  const main = join(root, 'examples', example, 'dist', 'main.js')
  if (!existsSync(main)) throw new Problem(`The example ${example} was built, but ${main} is not there.`)
  return runInForeground(node, [main, ...process.argv.slice(2)], { env })
})
