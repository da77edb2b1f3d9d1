import { defineConfig } from 'vitest/config'

// The broken adapters mostly wait: many at a time cost nothing.
export default defineConfig({ test: { maxConcurrency: 20 } })
