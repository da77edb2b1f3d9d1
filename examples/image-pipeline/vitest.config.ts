import { defineConfig } from 'vitest/config'

// Most tests start the example as a user does: some seconds on two cores.
export default defineConfig({ test: { testTimeout: 60_000 } })
