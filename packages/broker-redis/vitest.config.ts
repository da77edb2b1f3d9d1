import { defineConfig } from 'vitest/config'

// The tests mostly wait, for leases to end and servers to start: two files at once cost little.
export default defineConfig({ test: { maxWorkers: 2 } })
