import { describe, expect, it } from 'vitest';
import { epochMs } from '../../../shared/platform/time.ts';
import type { Observation } from '../../../shared/rollout/observation.ts';
import { reduce } from '../../../shared/rollout/reduce.ts';
import { type EndpointRecord, PHASES, type Phase, type Rollout } from '../../../shared/rollout/rollout.ts';
import {
  CANARY,
  deployment,
  endpointIn,
  goodEvidence,
  HOUR,
  inWords,
  MINUTE,
  NOW,
  POLICY,
  parseGrid,
  rolloutIn,
  seenIn,
} from '../../support/rollout-fixtures.ts';
import { policyOf, T0 } from '../../support/rollout-world.ts';

interface Situation {
  readonly rollout?: Partial<Rollout>;
  readonly endpoint?: Partial<EndpointRecord>;
  readonly seen?: Partial<Observation>;
  readonly later?: number;
}

const DYING = {
  batches: [
    {
      from: epochMs(T0 + 6 * MINUTE),
      to: epochMs(T0 + 12 * MINUTE),
      mixed: false,
      canary: { requests: 100, errors: 90, timeouts: 0 },
      stable: { requests: 900, errors: 5, timeouts: 0 },
    },
  ],
};

const edited = (phase: Phase): Observation['endpoint'] => ({
  name: 'heart',
  provisioningState: 'Succeeded',
  traffic: { 'v1-aaaa': 70, 'v2-bbbb': 30 },
  mirrorTraffic: {},
  scoringUri: `https://heart.example/${phase}`,
});

const wished = (phase: Phase): Observation['endpoint'] => ({
  name: 'heart',
  provisioningState: 'Succeeded',
  traffic: rolloutIn(phase).desired.traffic,
  mirrorTraffic: {},
  scoringUri: 'https://heart.example/score',
});

const SIGNALS: Record<string, (phase: Phase) => Situation> = {
  calm: () => ({}),
  applied: (phase) => ({ seen: { endpoint: wished(phase) } }),
  'put late': (phase) => ({
    rollout: rolloutIn(phase).trafficPut === undefined ? {} : { trafficPut: { at: epochMs(NOW - MINUTE), tries: 1 } },
  }),
  free: () => ({ endpoint: { activeRolloutId: undefined } }),
  abort: () => ({ rollout: { latches: { abort: { actor: 'ada', reason: 'aborted', message: 'aborted by ada' } } } }),
  newer: () => ({ rollout: { latches: { superseded: { by: 'heart.ro_3' } } } }),
  'gate fails': () => ({ rollout: { evidence: { ...goodEvidence(), ...DYING } } }),
  'canary gone': () => ({ seen: { canary: undefined } }),
  'canary broken': () => ({ seen: { canary: deployment(CANARY, 'Failed') } }),
  'stable gone': () => ({ seen: { stable: undefined } }),
  edited: (phase) => ({ seen: { endpoint: edited(phase) } }),
  deadline: () => ({ rollout: { deadlineAt: NOW } }),
  'no metrics': () => ({ rollout: { errorStreak: 5 }, seen: { metricsError: 'no answer' } }),
  freeze: () => ({
    rollout: {
      policy: policyOf({
        steps: POLICY.steps,
        gates: POLICY.gates,
        approvals: POLICY.approvals,
        freeze: { windows: [{ name: 'eve', from: '2026-01-01T00:10:00Z', to: '2026-01-01T01:00:00Z' }] },
      }),
    },
  }),
  promoteFull: (phase) => ({
    rollout: { latches: { promoteFull: { actor: 'ada' } } },
    seen: { endpoint: wished(phase) },
  }),
  'time is up': (phase) => ({
    rollout: { phaseAt: epochMs(NOW - 48 * HOUR), ...(phase === 'Baking' ? { bakeUntil: NOW } : {}) },
    seen: { endpoint: wished(phase) },
  }),
};

/** What every phase does on every signal. `·`: nothing but the next tick; `putN`: a write with N % on the canary. */
const GRID = `
                   | calm | applied | put late | free         | abort            | newer            | gate fails       | canary gone      | canary broken    | stable gone      | edited | deadline         | no metrics           | freeze  | promoteFull     | time is up
  Queued           | ·    | ·       | ·        | Provisioning | Cancelled        | ·                | ·                | ·                | ·                | ·                | ·      | ·                | ·                    | ·       | ·               | ·
  Provisioning     | ·    | ·       | ·        | ·            | RollingBack      | RollingBack      | ·                | deploy           | deploy           | +external-change | ·      | RollingBack      | ·                    | +freeze | ·               | ·
  Smoke            | ·    | ·       | ·        | ·            | RollingBack      | RollingBack      | ·                | RollingBack      | RollingBack      | +external-change | ·      | RollingBack      | ·                    | +freeze | ·               | RollingBack
  Shifting         | ·    | Baking  | put10    | ·            | RollingBack put0 | RollingBack put0 | RollingBack put0 | RollingBack put0 | RollingBack put0 | +external-change | ·      | RollingBack put0 | +metrics-unavailable | +freeze | Baking          | Baking
  Baking           | ·    | ·       | ·        | ·            | RollingBack put0 | RollingBack put0 | RollingBack put0 | RollingBack put0 | RollingBack put0 | +external-change | put10  | RollingBack put0 | +metrics-unavailable | +freeze | Shifting put100 | AwaitingApproval
  AwaitingApproval | ·    | ·       | ·        | ·            | RollingBack put0 | RollingBack put0 | RollingBack put0 | RollingBack put0 | RollingBack put0 | +external-change | put10  | RollingBack put0 | +metrics-unavailable | +freeze | Shifting put100 | RollingBack put0
  Holding          | ·    | ·       | ·        | ·            | RollingBack put0 | ·                | RollingBack put0 | RollingBack put0 | RollingBack put0 | ·                | put100 | ·                | +metrics-unavailable | +freeze | ·               | Retiring
  Retiring         | ·    | ·       | ·        | ·            | ·                | ·                | ·                | ·                | ·                | Succeeded        | put100 | ·                | ·                    | ·       | ·               | ·
  RollingBack      | ·    | Cleanup | put0     | ·            | ·                | ·                | ·                | ·                | ·                | ·                | ·      | ·                | ·                    | ·       | Cleanup         | Cleanup
  Cleanup          | ·    | ·       | ·        | ·            | ·                | ·                | ·                | ·                | ·                | ·                | ·      | ·                | ·                    | ·       | ·               | delete-canary
  Succeeded        | ·    | ·       | ·        | ·            | ·                | ·                | ·                | ·                | ·                | ·                | ·      | ·                | ·                    | ·       | ·               | ·
  RolledBack       | ·    | ·       | ·        | ·            | ·                | ·                | ·                | ·                | ·                | ·                | ·      | ·                | ·                    | ·       | ·               | ·
  Superseded       | ·    | ·       | ·        | ·            | ·                | ·                | ·                | ·                | ·                | ·                | ·      | ·                | ·                    | ·       | ·               | ·
  Cancelled        | ·    | ·       | ·        | ·            | ·                | ·                | ·                | ·                | ·                | ·                | ·      | ·                | ·                    | ·       | ·               | ·
  Failed           | ·    | ·       | ·        | ·            | ·                | ·                | ·                | ·                | ·                | ·                | ·      | ·                | ·                    | ·       | ·               | ·
`;

/** The same while a person has paused it: nothing advances, everything that protects still acts. */
const PAUSED_GRID = `
                   | calm | applied | put late | free         | abort                    | newer                    | gate fails               | canary gone              | canary broken            | stable gone      | edited | deadline                 | no metrics           | freeze  | promoteFull | time is up
  Provisioning     | ·    | ·       | ·        | ·            | RollingBack -manual      | RollingBack -manual      | ·                        | ·                        | ·                        | +external-change | ·      | RollingBack -manual      | ·                    | +freeze | ·           | ·
  Smoke            | ·    | ·       | ·        | ·            | RollingBack -manual      | RollingBack -manual      | ·                        | RollingBack -manual      | RollingBack -manual      | +external-change | ·      | RollingBack -manual      | ·                    | +freeze | ·           | ·
  Shifting         | ·    | ·       | put10    | ·            | RollingBack -manual put0 | RollingBack -manual put0 | RollingBack -manual put0 | RollingBack -manual put0 | RollingBack -manual put0 | +external-change | ·      | RollingBack -manual put0 | +metrics-unavailable | +freeze | ·           | ·
  Baking           | ·    | ·       | ·        | ·            | RollingBack -manual put0 | RollingBack -manual put0 | RollingBack -manual put0 | RollingBack -manual put0 | RollingBack -manual put0 | +external-change | put10  | RollingBack -manual put0 | +metrics-unavailable | +freeze | ·           | ·
  AwaitingApproval | ·    | ·       | ·        | ·            | RollingBack -manual put0 | RollingBack -manual put0 | RollingBack -manual put0 | RollingBack -manual put0 | RollingBack -manual put0 | +external-change | put10  | RollingBack -manual put0 | +metrics-unavailable | +freeze | ·           | ·
  Holding          | ·    | ·       | ·        | ·            | RollingBack -manual put0 | ·                        | RollingBack -manual put0 | RollingBack -manual put0 | RollingBack -manual put0 | ·                | put100 | ·                        | +metrics-unavailable | +freeze | ·           | ·
  Retiring         | ·    | ·       | ·        | ·            | ·                        | ·                        | ·                        | ·                        | ·                        | ·                | put100 | ·                        | ·                    | ·       | ·           | ·
`;

const outcome = (phase: Phase, signal: string, always: Partial<Rollout> = {}): string => {
  const { rollout, endpoint, seen } = SIGNALS[signal]?.(phase) ?? {};
  const before = rolloutIn(phase, { ...rollout, ...always });
  return inWords(before, reduce(before, { ...endpointIn(phase), ...endpoint }, seenIn(phase, seen), NOW));
};

describe('rollout reducer', () => {
  it.each(parseGrid(GRID))('$row + $column → $cell', ({ row, column, cell }) => {
    expect(outcome(row as Phase, column)).toBe(cell);
  });

  it.each(parseGrid(PAUSED_GRID))('paused $row + $column → $cell', ({ row, column, cell }) => {
    expect(outcome(row as Phase, column, { pause: ['manual'] })).toBe(cell);
  });

  it('has every phase and every signal in its grid', () => {
    const cells = parseGrid(GRID);
    expect(new Set(cells.map(({ row }) => row))).toEqual(new Set(PHASES));
    expect(new Set(cells.map(({ column }) => column))).toEqual(new Set(Object.keys(SIGNALS)));
  });
});
