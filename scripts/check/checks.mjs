import { join } from 'node:path'
import { root } from '../lib/root.mjs'

/**
 * @typedef {object} Check
 * @property {string} name
 * @property {string} about what it proves
 * @property {readonly string[]} command program of node_modules/.bin, or a script, and its arguments
 * @property {string} hint what to do when it fails
 * @property {boolean} [needsBuild] whether it looks at what `pnpm build` makes
 */

/** @param {string} name */
const tool = (name) => join(root, 'node_modules', '.bin', name)

/** @param {string} name */
const script = (name) => join(root, 'scripts', 'check', name)

/** @type {readonly Check[]} */
export const checks = [
  {
    name: 'lint',
    about: 'format, lint, import cycles, floating promises',
    command: [tool('biome'), 'check', '--error-on-warnings', '--max-diagnostics=20'],
    hint: '`pnpm format` mends what a machine can mend.',
  },
  {
    name: 'types',
    about: 'sources, tests and scripts',
    command: [tool('tsc'), '-b', 'tsconfig.check.json'],
    hint: '`pnpm types` shows the same.',
  },
  {
    name: 'workspace',
    about: 'every package has the agreed form, and references follow dependencies',
    command: [process.execPath, script('workspace.mjs')],
    hint: '`pnpm sync` writes the references.',
  },
  {
    name: 'boundaries',
    about: "core's rooms, and the arrows between packages",
    command: [process.execPath, script('boundaries.mjs')],
    hint: 'The table is in scripts/check/rooms.mjs, and in words in docs/architecture.md.',
  },
  {
    name: 'unused',
    about: 'dead exports, files and dependencies',
    command: [tool('knip'), '--no-progress', '--no-config-hints'],
    hint: 'Remove what is dead. What only looks so belongs into knip.json, with a reason.',
  },
  {
    name: 'packages',
    about: 'what npm would get: shape, types, and an installation that imports',
    command: [process.execPath, script('packages.mjs')],
    hint: 'The packed files are in .cache/packed.',
    needsBuild: true,
  },
]
