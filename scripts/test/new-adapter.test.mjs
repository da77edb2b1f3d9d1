import { describe, expect, test } from 'vitest'
import { copyMemoryAdapter } from '../new-adapter/copy-memory-adapter.mjs'
import { packageFiles } from '../new-adapter/package-files.mjs'

describe.each(/** @type {const} */ (['broker', 'backend']))('a new %s', (kind) => {
  const copies = copyMemoryAdapter(kind, 'gcp-pubsub')
  const text = Object.values(copies).join('\n')

  test('is complete: every file that it imports is copied', () => {
    for (const [, neighbour] of text.matchAll(/from '\.\/([\w-]+)\.js'/g))
      expect(copies).toHaveProperty([`src/${neighbour}.ts`])
  })

  test('imports core as a user does', () => {
    expect(text).toContain("from '@machinery/core/adapter'")
    expect(text).not.toMatch(/from '\.\.\//)
  })

  test('carries the new name', () => {
    const className = kind === 'broker' ? 'GcpPubsubBroker' : 'GcpPubsubBackend'
    expect(copies[`src/gcp-pubsub-${kind}.ts`]).toContain(`export class ${className}`)
    expect(text).toContain("readonly name = 'gcp-pubsub'")
    expect(text).not.toMatch(/Memory[A-Z]/)
    expect(packageFiles(kind, 'gcp-pubsub')['test/conformance.test.ts']).toContain(`new ${className}(`)
  })
})
