import { describeWithServer } from '@machinery-internal/test-servers/vitest'
import { expect, test } from 'vitest'
import * as scripts from '../src/scripts/index.js'
import { useBench } from './bench.js'

describeWithServer('redis-server', 'scripts', () => {
  const bench = useBench()

  test.each(Object.entries(scripts))('%s loads on a server', async (_name, script) => {
    expect(await bench.admin.script('LOAD', script.lua)).toBe(script.sha1)
  })
})
