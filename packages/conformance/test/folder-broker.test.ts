import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe } from 'vitest'
import { testBroker } from '../src/index.js'
import { FolderBroker } from './fixtures/folder-broker.js'
import { quick } from './fixtures/run-cases.js'

describe('FolderBroker, the example of docs/adapters.md', () => {
  const folder = mkdtempSync(join(tmpdir(), 'machinery-folder-broker-'))
  afterAll(() => rmSync(folder, { recursive: true, force: true }))

  testBroker({ ...quick, create: () => new FolderBroker({ folder }) })
})
