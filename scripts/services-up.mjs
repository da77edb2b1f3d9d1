// pnpm services:up: starts every server, prints its variables, and stops them all at Ctrl-C.
import { build } from './lib/build.mjs'
import { runMain, say } from './lib/progress.mjs'
import { beforeExit } from './lib/run.mjs'

runMain(async () => {
  await build(process.execPath, {}, ['@machinery-internal/test-servers'])
  // Imported late: it needs tools/test-servers to be built.
  const [{ startServices }, { services: table }] = await Promise.all([
    import('./services/start-services.mjs'),
    import('./services/services.mjs'),
  ])
  const names = table.map((service) => service.name)
  const services = startServices(new Set(names))
  beforeExit(services.stop)
  const variables = await services.variables(names)
  say('')
  for (const [name, { reason }] of await services.missing())
    say(`# ${name} could not be had. ${reason.replaceAll('\n', '\n# ')}`)
  for (const [name, value] of Object.entries(variables)) say(`export ${name}='${value}'`)
  say('\n# Ctrl-C stops them and removes their data.')
  return new Promise((_resolve) => setInterval(() => {}, 60_000))
})
