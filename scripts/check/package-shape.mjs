import { readFileSync } from 'node:fs'
import { checkPackage, createPackageFromTarballData } from '@arethetypeswrong/core'
import { publint } from 'publint'
import { formatMessage } from 'publint/utils'

/** The ways of resolving that matter: we are ESM only, so what `require` would see is no concern. */
const resolutions = ['node16-esm', 'bundler']

/**
 * Whether Node, bundlers and TypeScript find what package.json promises.
 * @param {import('./packages.mjs').Packed} packed
 * @returns {Promise<string[]>}
 */
export async function shapeProblems({ pkg, tarball }) {
  const bytes = readFileSync(tarball)
  const { messages, pkg: manifest } = await publint({
    pack: { tarball: toArrayBuffer(bytes) },
    level: 'warning',
    strict: true,
  })
  const form = messages.map((message) => `${pkg.name}: ${formatMessage(message, manifest, { color: false })}`)

  const analysis = await checkPackage(createPackageFromTarballData(new Uint8Array(bytes)))
  if (!analysis.types) return [...form, `${pkg.name} contains no types.`]
  const types = analysis.problems
    .filter((problem) => !('resolutionKind' in problem) || resolutions.includes(problem.resolutionKind))
    .map((problem) => `${pkg.name}: ${JSON.stringify(problem)}`)
  return [...form, ...types]
}

/** @param {Buffer} bytes */
function toArrayBuffer(bytes) {
  const copy = new ArrayBuffer(bytes.byteLength)
  new Uint8Array(copy).set(bytes)
  return copy
}
