// pnpm new:broker NAME, pnpm new:backend NAME: a package that begins as a copy of the memory adapter.
import { existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { bootstrap } from './bootstrap/bootstrap.mjs'
import { Problem, runMain, say, step } from './lib/progress.mjs'
import { root } from './lib/root.mjs'
import { run } from './lib/run.mjs'
import { copyMemoryAdapter } from './new-adapter/copy-memory-adapter.mjs'
import { packageFiles } from './new-adapter/package-files.mjs'

runMain(async () => {
  const [kind, name = ''] = process.argv.slice(2)
  if (kind !== 'broker' && kind !== 'backend')
    throw new Problem('Usage: pnpm new:broker NAME, or pnpm new:backend NAME')
  if (!/^[a-z][a-z0-9]*(-[a-z0-9]+)*$/.test(name)) {
    throw new Problem(`Give it a name in lower case, for example: pnpm new:${kind} nats. This is not one: "${name}"`)
  }
  const folder = `packages/${kind}-${name}`
  if (existsSync(join(root, folder))) throw new Problem(`${folder} exists already.`)

  // Also from npm run, where neither pnpm nor a new enough Node need be there.
  const { node, env } = await bootstrap()
  const files = { ...packageFiles(kind, name), ...copyMemoryAdapter(kind, name) }
  for (const [file, text] of Object.entries(files)) {
    const path = join(root, folder, file)
    mkdirSync(dirname(path), { recursive: true })
    writeFileSync(path, text)
  }
  await must('Link packages', 'pnpm', ['install', '--no-frozen-lockfile'], env)
  await must('Write references', node, [join(root, 'scripts', 'check', 'workspace.mjs'), '--fix'], env)
  await must('Format', join(root, 'node_modules', '.bin', 'biome'), ['check', '--write', folder], env)
  say(`
${folder} is a ${kind} that keeps all in memory. Make it yours:
  1. Replace its memory by your client's calls, file by file, and declare in \`capabilities\` what the service can do.
  2. npm test -- --only test --filter ${kind}-${name}
     Make the groups pass in order. The last test to go says that this is still a copy.
  3. Fill in the README, and add a changeset: pnpm changeset`)
  return 0
})

/**
 * @param {string} name
 * @param {string} file
 * @param {readonly string[]} args
 * @param {Record<string, string>} env
 */
async function must(name, file, args, env) {
  await step(name, async () => {
    const { code, output } = await run(file, args, { env: { ...env, CI: 'true' } })
    if (code !== 0) throw new Problem(output)
  })
}
