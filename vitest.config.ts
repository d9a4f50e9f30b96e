import { availableParallelism } from 'node:os';
import { defineConfig } from 'vitest/config';

const fast = [
  'test/{domain,statemachine,engine,sandbox,s3,functions,tasks,local,web,house,failures}/**/*.test.{ts,tsx}',
];

export default defineConfig({
  test: {
    reporters: ['default'],
    // The SDK's notice about Node 22 stands a hundred times in the output otherwise; its versions are pinned.
    env: { AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: 'true' },
    projects: [
      { test: { name: 'fast', include: fast, testTimeout: 30_000 } },
      {
        // Each of these starts servers, browsers or a storage cluster of its own: one file at a time.
        test: {
          name: 'whole',
          include: ['test/{contract,flows,cli,page,real,chaos}/**/*.test.ts'],
          testTimeout: 600_000,
          hookTimeout: 180_000,
          fileParallelism: false,
        },
      },
      {
        // Whole migrations in virtual time: each file fills a core.
        test: {
          name: 'simulation',
          include: ['test/simulation/**/*.test.ts'],
          testTimeout: 1_800_000,
          hookTimeout: 180_000,
        },
      },
    ],
    maxWorkers: Math.max(1, availableParallelism()),
  },
});
