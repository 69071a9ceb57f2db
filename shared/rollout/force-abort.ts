import { subjectOf } from '../events/subjects.ts';
import type { Write } from '../platform/documents.ts';
import { SlipwayError } from '../platform/errors.ts';
import { type Cause, journalEntry, journalWrite } from '../platform/journal.ts';
import { endpointLease } from './advance-rollout.ts';
import type { CommandAnswer } from './apply-command.ts';
import { endpointWrite } from './rollout-store.ts';
import type { RolloutServices } from './services.ts';
import { allOn, sameTraffic } from './traffic.ts';

interface ForcedAbort {
  readonly endpoint: string;
  readonly rolloutId: string;
  readonly actor: string;
}

/**
 * Aborts a rollout whose document cannot be used, knowing only which deployment is stable.
 *
 * The canary deployment stays for a person to look at. Here the write comes before the commit: sending all traffic to
 * stable is right whatever is stored afterwards.
 *
 * @throws SlipwayError TEMPORARILY_UNAVAILABLE while another worker has the endpoint or the traffic is not read back:
 * ask again
 */
export const forceAbort = async (
  services: RolloutServices,
  abort: ForcedAbort,
  cause: Cause,
): Promise<CommandAnswer> => {
  const lease = await services.leases.withLease(endpointLease(abort.endpoint), () => sendBack(services, abort, cause));
  if (lease.held) return lease.result;
  throw new SlipwayError('TEMPORARILY_UNAVAILABLE', `endpoint ${abort.endpoint} is being worked on: ask again`);
};

const sendBack = async (
  { rollouts, endpoints, clock }: RolloutServices,
  { endpoint, rolloutId, actor }: ForcedAbort,
  cause: Cause,
): Promise<CommandAnswer> => {
  const [record, raw] = await Promise.all([rollouts.readEndpoint(endpoint), rollouts.readRaw(endpoint, rolloutId)]);
  if (record === undefined || raw === undefined) {
    throw new SlipwayError('RESOURCE_DOES_NOT_EXIST', `rollout '${rolloutId}' does not exist`);
  }
  const isActive = record.value.activeRolloutId === rolloutId;
  const wish = allOn(record.value.stable?.deployment);
  if (isActive) {
    await endpoints.putTraffic(endpoint, wish.traffic, wish.mirrorTraffic);
    const observed = await endpoints.getEndpoint(endpoint);
    if (!sameTraffic(observed?.traffic ?? {}, wish.traffic)) {
      throw new SlipwayError('TEMPORARILY_UNAVAILABLE', 'the traffic was put but is not read back: ask again');
    }
  }
  const rev = raw.value.rev + 1;
  const { model = '', version = '' } = raw.value;
  const entry = journalEntry(
    `${rolloutId}:${rev}`,
    {
      type: 'slipway.rollout.rolled-back',
      subject: subjectOf.endpoint(endpoint),
      data: { rollout: rolloutId, endpoint, model, version, phase: 'RolledBack', reason: 'forced-abort', actor },
    },
    cause,
    clock(),
  );
  const ended = { ...raw.value, rev, phase: 'RolledBack', wakeUp: null };
  const next = { ...record.value, activeRolloutId: undefined, lastAppliedTraffic: wish };
  const writes: Write[] = [
    { op: 'replace', value: ended, etag: raw.etag },
    ...(isActive ? [endpointWrite(next, record.etag)] : []),
    journalWrite(entry),
  ];
  const committed = await rollouts.commit(endpoint, writes);
  if (!committed.ok) throw new SlipwayError('RESOURCE_CONFLICT', `rollout ${rolloutId} changed meanwhile: ask again`);
  return { rolloutId, rev };
};
