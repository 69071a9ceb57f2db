import { describe, expect, it } from 'vitest';
import { type AdmissionRequest, admit } from '../../../../shared/rollout/admit.ts';
import type { EndpointRecord, Phase, Rollout } from '../../../../shared/rollout/rollout.ts';
import { newEndpointRecord } from '../../../../shared/rollout/rollout-store.ts';
import { POLICY, rolloutIn, STABLE } from '../../../support/rollout-fixtures.ts';

const MODEL = 'heart-classifier';
const ACTIVE = rolloutIn('Provisioning');
const wish = (more: Partial<AdmissionRequest> = {}): AdmissionRequest => ({
  model: MODEL,
  version: '3',
  policy: POLICY,
  by: 'policy',
  ...more,
});

const admitted = (
  endpoint: Partial<EndpointRecord>,
  active: Rollout | undefined,
  request: Partial<AdmissionRequest> = {},
) => admit({ ...newEndpointRecord('heart'), stable: STABLE, ...endpoint }, active, wish(request));

const refused = (reason: string, message: string, recorded = false) => ({ kind: 'refuse', reason, message, recorded });
const queued = (supersedesActive: boolean) => ({ kind: 'queue', supersedesActive });
const pending = (version: string, model = MODEL) => ({ rolloutId: 'heart.ro_p', model, version });
const BLOCKED = { model: MODEL, version: '3', reason: 'gate-failed', rollout: 'heart.ro_x' };

describe('a wish for a rollout', () => {
  it('starts on an endpoint that nobody has', () => {
    expect(admitted({}, undefined)).toStrictEqual({ kind: 'start' });
    expect(admitted({ stable: undefined }, undefined)).toStrictEqual({ kind: 'start' });
  });

  it('waits behind another that waits', () => {
    expect(admitted({ pending: pending('2') }, undefined)).toStrictEqual(queued(false));
  });

  it.each([
    [
      'stable',
      { stable: { ...STABLE, version: '3' } },
      undefined,
      refused('already-stable', `${MODEL} version 3 is stable already`),
    ],
    [
      'active',
      {},
      rolloutIn('Baking', { version: '3' }),
      refused('already-active', `${MODEL} version 3 is being rolled out already`),
    ],
    [
      'waiting',
      { pending: pending('3') },
      undefined,
      refused('already-active', `${MODEL} version 3 is being rolled out already`),
    ],
  ])('is refused when the version is %s already, also to a person', (_, endpoint, active, expected) => {
    expect(admitted(endpoint, active)).toStrictEqual(expected);
    expect(admitted(endpoint, active, { by: 'person' })).toStrictEqual(expected);
  });

  it.each([
    ['stable', { stable: { ...STABLE, model: 'other', version: '3' } }, undefined, { kind: 'start' }],
    ['waiting', { pending: pending('3', 'other') }, undefined, queued(false)],
    ['active', {}, rolloutIn('Provisioning', { model: 'other', version: '3' }), queued(true)],
  ])('is not refused for the same version of another model that is %s', (_, endpoint, active, expected) => {
    expect(admitted(endpoint, active)).toStrictEqual(expected);
  });

  it('is refused for a blocked version, but not to a person', () => {
    const blocked = [{ ...BLOCKED, model: 'other' }, { ...BLOCKED, version: '4' }, BLOCKED];

    expect(admitted({ blocked }, undefined)).toStrictEqual(
      refused('blocked', `${MODEL} version 3 was rolled back: gate-failed`),
    );
    expect(admitted({ blocked }, undefined, { by: 'person' })).toStrictEqual({ kind: 'start' });
    expect(admitted({ blocked: blocked.slice(0, 2) }, undefined)).toStrictEqual({ kind: 'start' });
  });

  it.each([
    ['stable', { stable: { ...STABLE, version: '10' } }, undefined, { kind: 'start' }],
    ['active', {}, rolloutIn('Holding', { version: '10' }), queued(false)],
    ['waiting', { pending: pending('10') }, undefined, queued(false)],
  ])('is refused when a newer version is %s, but not to a person', (_, endpoint, active, person) => {
    expect(admitted(endpoint, active)).toStrictEqual(refused('older', 'version 10 is newer than 3', true));
    expect(admitted(endpoint, active, { by: 'person' })).toStrictEqual(person);
  });

  it.each([[{ ...STABLE, model: 'other', version: '10' }], [{ deployment: 'v1-aaaa' }], [{ ...STABLE, version: '2' }]])(
    'is not refused as older than %o',
    (stable) => {
      expect(admitted({ stable }, undefined)).toStrictEqual({ kind: 'start' });
    },
  );
});

describe('a wish while another rollout has the endpoint', () => {
  it('is refused when the policy says so', () => {
    expect(admitted({}, ACTIVE, { policy: { ...POLICY, onNewerVersion: 'reject' } })).toStrictEqual(
      refused('busy', `${ACTIVE.id} has the endpoint`, true),
    );
  });

  it.each([
    ['supersede', true, true, 'Baking', true],
    ['supersede', true, true, 'Holding', false],
    ['queueLatest', true, false, 'Smoke', true],
    ['queueLatest', true, true, 'Shifting', false],
    ['queueLatest', false, false, 'Smoke', false],
    ['supersede', false, true, 'Shifting', true],
    ['queueLatest', true, false, 'Holding', false],
  ] as const)('under %s (until live: %s), had traffic %s, in %s supersedes: %s', (...row) => {
    const [onNewerVersion, supersedeUntilLive, hadTraffic, phase, supersedes] = row;
    const policy = { ...POLICY, onNewerVersion, supersedeUntilLive };

    expect(admitted({}, rolloutIn(phase as Phase, { hadTraffic }), { policy })).toStrictEqual(queued(supersedes));
  });
});
