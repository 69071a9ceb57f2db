import { defineConfig } from 'vitest/config';

/** The fast tests of the pure rules, for mutation: every mutant runs them. */
export default defineConfig({
  test: {
    include: ['test/unit/rollout/*.test.ts'],
    exclude: ['test/unit/rollout/{explorer,simulation}.test.ts'],
    testTimeout: 10_000,
  },
});
