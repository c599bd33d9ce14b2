import { cloudflareTest } from '@cloudflare/vitest-plugin'
import { defineConfig } from 'vitest/config'
import { LONG } from './test/support/long.ts'
import { testBindings } from './test/worker/network.ts'

/** What the Worker and what is shared import: one that is missing here is only slower. */
const LIBRARIES = ['zod', 'jose', 'cborg', 'hono', 'hono/factory', 'hono/http-exception', '@hono/zod-openapi']

/** A condition is waited for as long as a busy machine may need. */
const POLL = { poll: { timeout: 15_000 } }

export default defineConfig({
  test: {
    projects: [
      { test: { name: 'tidy', include: ['test/tidy/**/*.test.ts'], testTimeout: 60_000 } },
      {
        test: {
          name: 'unit',
          expect: POLL,
          // Files share a process and what it has loaded: a third of the time is loading. No test replaces a module or a global.
          isolate: false,
          // Nothing here is about real time but what says so: a busy machine is no reason to fail, nor are ten times as many repetitions.
          testTimeout: LONG ? 240_000 : 20_000,
          include: [
            'test/unit/**/*.test.ts',
            'test/scenario/**/*.test.ts',
            'test/property/**/*.test.ts',
            'test/contract/**/*.test.ts',
            'test/model/**/*.test.ts',
          ],
        },
      },
      {
        test: {
          name: 'e2e',
          expect: POLL,
          include: ['test/e2e/*.test.ts'],
          testTimeout: 120_000,
          hookTimeout: 120_000,
          fileParallelism: false,
        },
      },
      {
        test: {
          name: 'e2e-long',
          expect: POLL,
          include: ['test/e2e/long/*.test.ts'],
          testTimeout: 240_000,
          hookTimeout: 120_000,
          fileParallelism: false,
        },
      },
      {
        plugins: [
          cloudflareTest({
            wrangler: { configPath: './wrangler.toml' },
            miniflare: { bindings: await testBindings() },
          }),
        ],
        test: {
          name: 'worker',
          expect: POLL,
          include: ['test/worker/**/*.test.ts'],
          testTimeout: 30_000,
          // Every file has a workerd of its own, into which each module travels by itself: libraries of a hundred modules go as one.
          deps: { optimizer: { ssr: { enabled: true, include: LIBRARIES } } },
        },
      },
    ],
  },
})
