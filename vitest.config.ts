import { defineConfig } from 'vitest/config';

const project = (name: string, testTimeout: number, rest: Record<string, unknown> = {}) => ({
  test: { name, include: [`test/${name}/**/*.test.ts`], testTimeout, hookTimeout: testTimeout, ...rest },
});

/** One project per level, so that `vitest --project unit` is the fast loop and CI runs all of them. */
export default defineConfig({
  test: {
    ...(process.env['VITEST_JSON'] === undefined
      ? {}
      : { reporters: ['default', 'json'], outputFile: { json: process.env['VITEST_JSON'] } }),
    projects: [
      project('unit', 10_000),
      project('architecture', 30_000),
      project('contract', 60_000),
      project('integration', 120_000),
      project('e2e', 300_000, { fileParallelism: false }),
      project('peer', 300_000, { fileParallelism: false }),
    ],
  },
});
