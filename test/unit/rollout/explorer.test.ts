import { describe, expect, it } from 'vitest';
import { reduce } from '../../../shared/rollout/reduce.ts';
import { explore } from '../../support/rollout-explorer.ts';

describe('the tick protocol with every interleaving of workers, crashes and an abort', () => {
  it('keeps its promises when it commits first and holds the lease', () => {
    const { states, violations } = explore({ lease: true, order: 'commit-then-effect' });

    expect(violations).toEqual([]);
    expect(states).toBeGreaterThan(3_000);
  });

  it('is caught when the reducer forgets the abort', () => {
    const forgetful: typeof reduce = (rollout, endpoint, seen, now) =>
      reduce({ ...rollout, latches: {} }, endpoint, seen, now);

    const { violations } = explore({ lease: true, order: 'commit-then-effect', reduce: forgetful });

    expect(violations).toContain('the wished weight rises after an abort');
  });

  it('is caught when two workers may have one endpoint', () => {
    const { violations } = explore({ lease: false, order: 'commit-then-effect' }, { stopAt: 1 });

    expect(violations.join()).toMatch(/with other traffic|without a recorded pass/);
  });

  it('is caught when it writes before it commits', () => {
    const { violations } = explore({ lease: true, order: 'effect-then-commit' });

    expect(violations).toContain('full traffic without a recorded pass');
  });
});
