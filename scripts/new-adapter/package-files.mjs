import { pascalCase } from './names.mjs'

/**
 * All files of a new adapter's package but its sources.
 * @param {'broker' | 'backend'} kind
 * @param {string} name
 * @returns {Record<string, string>} path in the package → text
 */
export function packageFiles(kind, name) {
  const className = `${pascalCase(name)}${pascalCase(kind)}`
  return {
    'package.json': JSON.stringify(manifest(kind, name), null, 2),
    'tsconfig.json': JSON.stringify({ extends: '../../tsconfig.base.json', include: ['src'] }),
    'test/tsconfig.json': JSON.stringify({ extends: '../../../tsconfig.test.json' }),
    'test/conformance.test.ts': conformanceTest(kind, name, className),
    'src/index.ts': `export { ${className}, type ${className}Options } from './${name}-${kind}.js'\n`,
    'README.md': readme(kind, name, className),
  }
}

/**
 * @param {string} kind
 * @param {string} name
 */
function manifest(kind, name) {
  return {
    name: `@machinery/${kind}-${name}`,
    version: '0.0.0',
    description:
      kind === 'broker'
        ? `Moves Machinery's messages through ${name}.`
        : `Keeps Machinery's states and results in ${name}.`,
    keywords: ['machinery', 'task queue', name],
    license: 'MIT',
    type: 'module',
    sideEffects: false,
    engines: { node: '>=22' },
    files: ['dist', 'src', '!dist/**/*.tsbuildinfo', 'CHANGELOG.md'],
    exports: {
      '.': { types: './dist/index.d.ts', default: './dist/index.js' },
      './package.json': './package.json',
    },
    publishConfig: { access: 'public' },
    machinery: { services: [] },
    peerDependencies: { '@machinery/core': 'workspace:^' },
    devDependencies: { '@machinery/conformance': 'workspace:*', '@machinery/core': 'workspace:*' },
    scripts: { build: 'tsc -b', test: 'vitest run' },
  }
}

/**
 * @param {string} kind
 * @param {string} name
 * @param {string} className
 */
function conformanceTest(kind, name, className) {
  const kit = `test${pascalCase(kind)}`
  return `import { ${kit} } from '@machinery/conformance'
import { describe, expect, test } from 'vitest'
import { ${className} } from '../src/index.js'

// A copy in memory has no server; this stands for it until a URL of ${name} does.
const server = new ${className}()

describe('${className}', () => {
  ${kit}({ create: () => new ${className}({ sharedWith: server }) })

  test('is no longer a copy of the memory ${kind}', () => {
    expect.fail('Replace its memory by the client of ${name}, pass the address of a real server above, and remove this test.')
  })
})
`
}

/**
 * @param {string} kind
 * @param {string} name
 * @param {string} className
 */
function readme(kind, name, className) {
  return `# @machinery/${kind}-${name}

TODO: one sentence.

\`\`\`sh
npm install @machinery/core @machinery/${kind}-${name}
\`\`\`

\`\`\`ts
import { ${className} } from '@machinery/${kind}-${name}'
// TODO: ten lines that run.
\`\`\`

## Options

| Name | Type | Default | Meaning |
| --- | --- | --- | --- |

## What it can do

| Capability or role | |
| --- | --- |

## Delivery guarantee

TODO: in plain words.

## Versions tested

## Tests

\`npm test -- --only test --filter ${kind}-${name}\`
`
}
