import { spawnSync } from 'node:child_process'
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { sections, topSection } from '../src/config/fields.js'
import * as core from '../src/index.js'

const root = fileURLToPath(new URL('../../..', import.meta.url))
const pages = ['README.md', 'packages/core/README.md', 'docs/errors.md', 'docs/queues.md', 'docs/architecture.md']
const readme = readFileSync(join(root, 'README.md'), 'utf8')

interface Block {
  readonly page: string
  readonly name: string
  readonly code: string
  readonly imports: readonly string[]
}

const blocks: readonly Block[] = pages.flatMap((page) =>
  [...readFileSync(join(root, page), 'utf8').matchAll(/^```(?:ts|js)\n([\s\S]*?)^```$/gm)].map(
    ([, code = ''], index) => ({
      page,
      name: `${page.replace(/\W/g, '-')}-${index + 1}.ts`,
      code,
      imports: [...code.matchAll(/from '((?:@machinery\/)?[\w-]+)/g)].map(([, name = '']) => name),
    }),
  ),
)

/** What the pages take for granted from one block to the next. A block that declares a name itself hides it. */
const prelude = `
import { defineTask, int, rest, json, string } from '@machinery/core'
import type { Server } from '@machinery/core'
const add = defineTask('add', { args: [int, int], result: int })
const multiply = defineTask('multiply', { args: [int, int], result: int })
const sum = defineTask('sum', { args: [rest(int)], result: int })
const shout = defineTask('shout', { args: [string] })
const report = defineTask('report')
const alarm = defineTask('alarm', { args: [string] })
const resize = defineTask('image.resize', { args: [json<{ url: string }>()], result: json<{ key: string }>() })
type Prelude = { add: typeof add; multiply: typeof multiply; sum: typeof sum; shout: typeof shout; report: typeof report; alarm: typeof alarm; resize: typeof resize }
declare global {
  const server: Server
${['add', 'multiply', 'sum', 'shout', 'report', 'alarm', 'resize'].map((name) => `  const ${name}: Prelude['${name}']`).join('\n')}
}
`

let folder = ''

/** An empty project that has installed this package, as a reader's would. */
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'readme-'))
  const link = (target: string, name: string): void => {
    mkdirSync(dirname(join(folder, 'node_modules', name)), { recursive: true })
    symlinkSync(target, join(folder, 'node_modules', name))
  }
  for (const name of readdirSync(join(root, 'packages'))) {
    if (isBuilt(`@machinery/${name}`)) link(join(root, 'packages', name), `@machinery/${name}`)
  }
  for (const name of ['pino', 'zod', 'winston']) link(join(root, 'packages/core/node_modules', name), name)
  link(join(root, 'node_modules/@types/node'), '@types/node')
  writeFileSync(join(folder, 'package.json'), '{ "type": "module" }')
})

afterAll(() => rmSync(folder, { recursive: true, force: true }))

function isBuilt(name: string): boolean {
  if (!name.startsWith('@machinery/')) return true
  return existsSync(join(root, 'packages', name.slice('@machinery/'.length), 'dist/index.d.ts'))
}

function run(command: string, args: readonly string[]): { code: number | null; stdout: string; stderr: string } {
  const { status, stdout, stderr } = spawnSync(command, args, { cwd: folder, encoding: 'utf8', timeout: 60_000 })
  return { code: status, stdout, stderr }
}

describe('the code in the pages', () => {
  test('type-checks', () => {
    const checked = blocks.filter(({ imports }) => imports.every(isBuilt))
    for (const { name, code } of checked) writeFileSync(join(folder, name), `${code}\nexport {}\n`)
    writeFileSync(join(folder, 'prelude.ts'), prelude)
    const compilerOptions = {
      target: 'es2024',
      lib: ['es2024', 'esnext.disposable'],
      module: 'nodenext',
      types: ['node'],
      strict: true,
      exactOptionalPropertyTypes: true,
      noUncheckedIndexedAccess: true,
      skipLibCheck: true,
      noEmit: true,
    }
    writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify({ compilerOptions, include: ['*.ts'] }))
    const { code, stdout } = run(join(root, 'node_modules/.bin/tsc'), ['-p', '.', '--pretty', 'false'])
    expect(stdout).toBe('')
    expect(code).toBe(0)
    expect(checked.length).toBeGreaterThan(12)
  }, 60_000)

  for (const { page, name, code, imports } of blocks.filter((block) => !block.imports.every(isBuilt))) {
    // Adapters come after this package in the order of builds, so alone it may not see them.
    test.skip(`type-checks: ${page}, ${name}: ${imports.join(', ')} is not built (${code.length} characters)`)
  }

  const whole = blocks.filter(({ code }) => /console\.log\(.*\) \/\/ /.test(code) && code.includes('new Server('))
  test.for(whole)('runs as it stands and prints what it says: $name', ({ name, code }) => {
    const file = name.replace(/\.ts$/, '.mjs')
    writeFileSync(join(folder, file), code)
    const said = [...code.matchAll(/console\.log\(.*\) \/\/ (.*)/g)].map(([, text]) => text)
    const { stdout, code: exitCode } = run(process.execPath, [file])
    expect({ exitCode, lines: stdout.trimEnd().split('\n') }).toEqual({ exitCode: 0, lines: said })
  })

  test('the first block of the README is among those that run', () => {
    expect(whole[0]?.name).toBe('README-md-1.ts')
    expect(whole[0]?.imports).toEqual(['@machinery/core'])
    expect(whole.length).toBeGreaterThan(1)
  })

  test('the unit test of the README passes', () => {
    const block = blocks.find(({ code }) => code.includes("from 'node:test'"))
    writeFileSync(join(folder, 'unit.test.mjs'), (block as Block).code.replace('const sent: string[]', 'const sent'))
    const { code, stdout } = run(process.execPath, ['--test', 'unit.test.mjs'])
    expect(stdout).toMatch(/pass 1\b/)
    expect(code).toBe(0)
  })
})

describe('the tables of the README', () => {
  test('list every field of the configuration, with its variable and its key', () => {
    const all = [['', topSection] as const, ...Object.entries(sections)]
    const rows = all.flatMap(([section, { fields, yaml }]) =>
      Object.entries(fields).map(([name, { env, yaml: keys }]) => {
        const key = keys?.[0] === undefined ? '–' : `\`${yaml === undefined ? '' : `${yaml}.`}${keys[0]}\``
        return `| \`${section === '' ? '' : `${section}.`}${name}\` | ${env?.[0] === undefined ? '–' : `\`${env[0]}\``} | ${key} |`
      }),
    )
    for (const row of rows) expect(readme).toContain(row)
  })

  test('list every descriptor', () => {
    const descriptors = Object.entries(core).filter(([, value]) => value !== null && Object.hasOwn(value, 'goType'))
    expect(descriptors.length).toBeGreaterThan(15)
    for (const [name] of descriptors) expect(readme, name).toMatch(new RegExp(`^\\|[^|]*\`${name}\`[^|]*\\|`, 'm'))
    for (const name of ['list', 'rest', 'json']) expect(readme, name).toContain(`\`${name}(`)
  })

  test('name methods that exist', () => {
    const server = Object.getOwnPropertyNames(core.Server.prototype)
    const worker = Object.getOwnPropertyNames(core.Worker.prototype)
    const used = [...readme.matchAll(/\b(server|worker)\.(\w+)\(?/g)].map(([, of = '', name = '']) => ({ of, name }))
    expect(used.length).toBeGreaterThan(30)
    for (const { of, name } of used) expect(of === 'server' ? server : worker, `${of}.${name}`).toContain(name)
  })

  test('link to files that exist', () => {
    for (const page of pages) {
      const text = readFileSync(join(root, page), 'utf8').replace(/^```[\s\S]*?^```$/gm, '')
      const links = [...text.matchAll(/\]\((?!https?:)([^)#]*)(?:#[^)]*)?\)/g)]
      for (const [, link = ''] of links) {
        expect(existsSync(join(root, dirname(page), link)), `${page} links to ${link}`).toBe(true)
      }
    }
  })
})
