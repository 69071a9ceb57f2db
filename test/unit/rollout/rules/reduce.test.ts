import { describe, expect, it } from 'vitest';
import { reduce } from '../../../../shared/rollout/reduce.ts';
import { endpointIn, MINUTE, NOW, POLICY, rolloutIn, seenIn } from '../../../support/rollout-fixtures.ts';

describe('a tick', () => {
  it('that changes nothing counts, and asks for the next one', () => {
    const rollout = rolloutIn('Baking');
    const rev = 8;

    expect(reduce(rollout, endpointIn('Baking'), seenIn('Baking'), NOW)).toStrictEqual({
      rollout: {
        ...rollout,
        rev,
        errorSince: undefined,
        championDue: undefined,
        wakeUp: {
          queue: 'advance-rollout',
          at: NOW + MINUTE,
          message: { endpoint: 'heart', rolloutId: rollout.id, rev },
        },
      },
      endpoint: endpointIn('Baking'),
      effects: [],
      entries: [],
    });
  });

  it('that ends a rollout asks for none', () => {
    const rollout = rolloutIn('RolledBack', { guards: 0 });

    expect(reduce(rollout, endpointIn('RolledBack'), seenIn('RolledBack'), NOW).rollout).toMatchObject({
      rev: 8,
      wakeUp: null,
    });
  });

  it('tells what happened once, as the rev it led to, with its cause', () => {
    const rollout = rolloutIn('Baking', { bakeUntil: NOW });

    const { entries } = reduce(rollout, endpointIn('Baking'), seenIn('Baking'), NOW);

    expect(entries).toMatchObject([
      {
        id: `${rollout.id}:8`,
        type: 'slipway.rollout.stepped',
        subject: 'endpoints/heart',
        causedBy: 'evt-1',
        data: {
          phase: 'AwaitingApproval',
          fromPhase: 'Baking',
          evidence: [
            { gate: 'dead', verdict: 'pass' },
            { gate: 'errors', verdict: 'pass' },
          ],
        },
      },
    ]);
  });

  it('judges nothing when there is no way back', () => {
    const rollout = rolloutIn('Baking', { bakeUntil: NOW, from: undefined, policy: { ...POLICY, approvals: [] } });

    const { entries } = reduce(rollout, endpointIn('Baking'), seenIn('Baking'), NOW);

    expect(entries.map(({ data }) => data)).toStrictEqual([
      {
        rollout: rollout.id,
        endpoint: 'heart',
        model: 'heart-classifier',
        version: '2',
        phase: 'Shifting',
        step: 2,
        traffic: { 'v2-bbbb': 100 },
        fromPhase: 'Baking',
      },
    ]);
  });
});
