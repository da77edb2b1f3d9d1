// npm test: everything, from a fresh clone. Starts on Node 20 with nothing installed.
import { join } from 'node:path'
import { bootstrap } from './bootstrap/bootstrap.mjs'
import { runMain } from './lib/progress.mjs'
import { root } from './lib/root.mjs'
import { runInForeground } from './lib/run.mjs'

runMain(async () => {
  const { node, env } = await bootstrap()
  return runInForeground(node, [join(root, 'scripts', 'check.mjs'), ...process.argv.slice(2)], { env })
})
