import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    testTimeout: 60_000,
    hookTimeout: 60_000,
    // Each test runs several processes, and leases are short: more at once, and the machine itself would be the fault.
    maxWorkers: 2,
    maxConcurrency: 3,
  },
})
