import type { Traffic } from '../../shared/rollout/ports.ts';
import { goodEvidence, MINUTE, NOW, POLICY } from './rollout-fixtures.ts';
import { T0 } from './rollout-world.ts';

const MOVING = {
  ...goodEvidence(),
  segments: [
    { at: T0 + 6 * MINUTE, mixed: false },
    { at: NOW, mixed: true },
  ],
};
export const UNGATED = { policy: { ...POLICY, approvals: [] } };
export const wish = (traffic: Traffic) => ({ traffic, mirrorTraffic: {} });
const HALF = wish({ 'v1-aaaa': 50, 'v2-bbbb': 50 });
export const ALL = wish({ 'v2-bbbb': 100 });

/** The whole change by which a rollout goes on to another weight. */
export const shifted = (
  from: string,
  note: object,
  { step = 2, desired = HALF, ...more }: Record<string, unknown> = {},
) => ({
  rollout: {
    ...(from === 'Shifting' ? {} : { phase: 'Shifting' }),
    phaseAt: NOW,
    step,
    desired,
    trafficPut: { at: NOW, tries: 1 },
    evidence: MOVING,
    ...(from === 'Baking' ? { bakeUntil: undefined } : {}),
    ...more,
  },
  endpoint: { lastAppliedTraffic: desired },
  effects: [{ type: 'put-traffic', ...(desired as object) }],
  happenings: [{ type: 'slipway.rollout.stepped', note: { fromPhase: from, ...note } }],
});
