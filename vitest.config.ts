import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    projects: [
      {
        test: {
          name: 'unit',
          include: ['packages/**/*.test.ts', 'apps/**/*.test.{ts,tsx}', 'scripts/**/*.test.ts', 'bench/**/*.test.ts'],
          exclude: ['**/*.db.test.ts', '**/node_modules/**', '**/dist/**'],
        },
      },
      {
        test: {
          name: 'db',
          include: [
            'apps/engine/src/**/*.db.test.ts',
            'chaos/**/*.db.test.ts',
            'prisma/**/*.db.test.ts',
            'scripts/**/*.db.test.ts',
          ],
          globalSetup: ['scripts/testing/postgres.global.ts'],
          testTimeout: 30_000,
          hookTimeout: 60_000,
        },
      },
      {
        test: {
          name: 'e2e',
          include: ['e2e/**/*.e2e.ts'],
          globalSetup: ['scripts/testing/postgres.global.ts'],
          testTimeout: 120_000,
          hookTimeout: 240_000,
          fileParallelism: false,
          // A busy machine renders late; waiting longer makes no test weaker.
          expect: { poll: { timeout: 15_000 } },
        },
      },
    ],
  },
});
