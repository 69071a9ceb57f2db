import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { addMs } from '../../../shared/platform/time.ts';
import { applyCommand, COMMAND_TYPES } from '../../../shared/rollout/apply-command.ts';
import type { Observation } from '../../../shared/rollout/observation.ts';
import { reduce } from '../../../shared/rollout/reduce.ts';
import { isTerminal, type Rollout } from '../../../shared/rollout/rollout.ts';
import {
  CANARY,
  deployment,
  endpointIn,
  HOUR,
  NOW,
  rolloutIn,
  STABLE,
  seenIn,
} from '../../support/rollout-fixtures.ts';

const STATES = ['Succeeded', 'Failed', 'Creating', 'Deleting', 'Updating'] as const;

const traffic = fc
  .nat(100)
  .map((weight): Record<string, number> => ({ [STABLE.deployment]: 100 - weight, [CANARY]: weight }));
const maybeDeployment = (name: string) =>
  fc.option(
    fc.constantFrom(...STATES).map((state) => deployment(name, state)),
    { nil: undefined, freq: 8 },
  );
const metrics = fc.record({ requests: fc.nat(500), errors: fc.nat(20), timeouts: fc.constant(0) });

/** One tick's world, with a command before it now and then. `follow`: the platform did what was wished for. */
const moment = fc.record({
  follow: fc.boolean(),
  traffic,
  canary: maybeDeployment(CANARY),
  stable: maybeDeployment(STABLE.deployment),
  metrics: fc.option(fc.tuple(metrics, metrics), { nil: undefined }),
  error: fc.boolean(),
  laterMs: fc.integer({ min: 1_000, max: 2 * HOUR }),
  command: fc.option(fc.constantFrom(...COMMAND_TYPES), { nil: undefined, freq: 4 }),
});

type Moment = typeof moment extends fc.Arbitrary<infer T> ? T : never;

const observed = (rollout: Rollout, seen: Moment): Observation => {
  const from = rollout.evidence.watermark ?? NOW;
  const [canary, stable] = seen.metrics ?? [];
  const base = seenIn('Baking');
  return {
    endpoint: base.endpoint && { ...base.endpoint, traffic: seen.follow ? rollout.desired.traffic : seen.traffic },
    canary: seen.canary,
    stable: seen.stable,
    ...(seen.error ? { metricsError: 'no answer' } : {}),
    ...(canary === undefined || stable === undefined
      ? {}
      : {
          windows: [{ from, to: addMs(from, 60_000), deployments: { [CANARY]: canary, [STABLE.deployment]: stable } }],
        }),
  };
};

const weightOf = (rollout: Rollout): number => rollout.desired.traffic[CANARY] ?? 0;

const commanded = (rollout: Rollout, { command }: Moment, now: typeof NOW): Rollout => {
  if (command === undefined) return rollout;
  try {
    const effect = applyCommand(rollout, { commandId: 'c', type: command, actor: 'ada' }, now);
    return effect.kind === 'change' ? { ...rollout, ...effect.patch } : rollout;
  } catch {
    return rollout;
  }
};

/** Every stored state of a random story, from the first weight on. */
const play = (moments: readonly Moment[]): readonly Rollout[] => {
  let rollout = rolloutIn('Shifting');
  let endpoint = endpointIn('Shifting');
  let now = NOW;
  return [
    rollout,
    ...moments.flatMap((seen) => {
      now = addMs(now, seen.laterMs);
      const before = commanded(rollout, seen, now);
      const next = reduce(before, endpoint, observed(before, seen), now);
      rollout = next.rollout;
      endpoint = next.endpoint;
      return [before, rollout];
    }),
  ];
};

const stories = fc.array(moment, { maxLength: 25 });
const pairs = (states: readonly Rollout[]) => states.slice(1).map((after, i) => [states[i] as Rollout, after] as const);

describe('whatever happens to a rollout', () => {
  const holds = (check: (states: readonly Rollout[]) => void) =>
    fc.assert(
      fc.property(stories, (moments) => {
        check(play(moments));
      }),
      { numRuns: 300 },
    );

  it('wished traffic is whole percent and sums to 0 or 100', () => {
    holds((states) => {
      for (const { desired } of states) {
        const percents = Object.values(desired.traffic);
        expect(percents.every((percent) => Number.isInteger(percent) && percent >= 0)).toBe(true);
        expect([0, 100]).toContain(percents.reduce((sum, percent) => sum + percent, 0));
        expect(desired.mirrorTraffic).toEqual({});
      }
    });
  });

  it('wished traffic never rises after an abort', () => {
    holds((states) => {
      const aborted = states.findIndex(({ latches }) => latches.abort !== undefined);
      if (aborted < 0) return;
      for (const [before, after] of pairs(states.slice(aborted))) {
        expect(weightOf(after)).toBeLessThanOrEqual(weightOf(before));
      }
    });
  });

  it('nothing paused gets more traffic', () => {
    holds((states) => {
      for (const [before, after] of pairs(states)) {
        if (before.pause.length > 0 && after.pause.length > 0)
          expect(weightOf(after)).toBeLessThanOrEqual(weightOf(before));
      }
    });
  });

  it('weights rise only to those of the plan, and the step never falls', () => {
    holds((states) => {
      for (const [before, after] of pairs(states)) {
        expect([0, 10, 50, 100]).toContain(weightOf(after));
        expect(after.step).toBeGreaterThanOrEqual(before.step);
      }
    });
  });

  it('what goes back never comes forward again, and an end is the end', () => {
    const back = ['RollingBack', 'Cleanup'];
    holds((states) => {
      for (const [before, after] of pairs(states)) {
        if (isTerminal(before.phase)) expect(after.phase).toBe(before.phase);
        if (back.includes(before.phase)) expect([...back, 'RolledBack']).toContain(after.phase);
      }
    });
  });

  it('there is always a next tick until the end', () => {
    holds((states) => {
      for (const { phase, wakeUp } of states.slice(1)) {
        if (wakeUp === undefined) continue;
        if (!isTerminal(phase)) expect(wakeUp?.at).toBeTypeOf('number');
      }
    });
  });
});
