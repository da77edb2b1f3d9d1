import { defineConfig } from 'vitest/config'

// The tests mostly wait, for servers to start and for delays to pass: two files at once cost little.
export default defineConfig({ test: { maxWorkers: 2 } })
