import { expect, test } from 'vitest'
import { isNodeNewEnough, isPnpmNewEnough } from '../bootstrap/toolchain.mjs'

test.each(['22.18.0', '22.20.1', '24.0.0', '26.10.0'])('Node %s will do', (version) => {
  expect(isNodeNewEnough(version)).toBe(true)
})

test.each(['18.20.0', '20.20.2', '22.17.1', '23.11.0', '25.1.0'])('Node %s will not do', (version) => {
  expect(isNodeNewEnough(version)).toBe(false)
})

test.each(['12.21.0', '12.21.4\n', '12.30.0'])('pnpm %j will do where 12.21.0 is pinned', (version) => {
  expect(isPnpmNewEnough(version, '12.21.0')).toBe(true)
})

test.each(['', '11.30.0', '12.20.9', '13.0.0'])('pnpm %j will not do where 12.21.0 is pinned', (version) => {
  expect(isPnpmNewEnough(version, '12.21.0')).toBe(false)
})
