// Runs on Node 20 with nothing installed: only what Node itself brings.
import { installPackages } from './install.mjs'
import { findToolchain } from './toolchain.mjs'

/**
 * Makes a fresh clone ready: a new enough Node and pnpm, and the packages.
 * @returns {Promise<{ node: string, env: Record<string, string> }>} how to run the scripts that need them
 */
export async function bootstrap() {
  const { node, pnpm, path } = await findToolchain()
  await installPackages(pnpm, path)
  return { node, env: { PATH: path } }
}
