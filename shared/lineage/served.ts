import type { EventData } from '../events/catalogue.ts';
import type { JournalEntry } from '../platform/journal.ts';
import { toIso } from '../platform/time.ts';
import { isTerminal } from '../rollout/rollout.ts';
import type { Lineage } from './lineage.ts';
import { changeOf } from './read-registry.ts';
import type { Place, ServingPart } from './read-serving.ts';

type RolloutEntry = JournalEntry<string, EventData<'slipway.rollout.stepped'>>;
type ServedRollout = ServingPart['rollouts'][number];

/** The rollouts of a version, with what started each. */
export const rolledOut = (
  rollouts: ServingPart['rollouts'],
  registryEntries: readonly JournalEntry[],
): Lineage['rollouts'] =>
  rollouts.map(({ rollout, entries }) => {
    const cause = registryEntries.find(({ id }) => id === rollout.cause.causedBy);
    const by = rollout.cause.actor ?? cause?.actor;
    const on = cause === undefined ? undefined : occasionOf(cause);
    return {
      id: rollout.id,
      endpoint: rollout.endpoint,
      policy: rollout.policy.name,
      attempt: rollout.attempt,
      at: toIso(rollout.createdAt),
      ...(isTerminal(rollout.phase) ? { endedAt: toIso(rollout.phaseAt) } : {}),
      ...(on === undefined ? {} : { on }),
      ...(by === undefined ? {} : { by }),
      causedBy: rollout.cause.causedBy,
      phase: rollout.phase,
      ...(rollout.outcome === undefined
        ? {}
        : { outcome: { reason: rollout.outcome.reason, message: rollout.outcome.message } }),
      steps: (entries as readonly RolloutEntry[]).map(stepOf),
      link: `/api/v1/rollouts/${encodeURIComponent(rollout.id)}`,
    };
  });

const occasionOf = (entry: JournalEntry): string | undefined => {
  if (entry.type === 'slipway.model.registered') return 'registration';
  const { key, value } = entry.data as EventData<'slipway.model.changed'>;
  if (changeOf(entry) === 'alias-set') return `alias ${key}`;
  return changeOf(entry) === 'stage-transitioned' ? `stage ${value}` : undefined;
};

const stepOf = ({ time, type, data, actor }: RolloutEntry): Lineage['rollouts'][number]['steps'][number] => {
  const { phase, step, traffic, reason, message } = data;
  const by = data.actor ?? actor;
  return {
    at: time,
    type,
    phase,
    ...(step === undefined ? {} : { step }),
    ...(traffic === undefined ? {} : { traffic }),
    ...(reason === undefined ? {} : { reason }),
    ...(message === undefined ? {} : { message }),
    ...(by === undefined ? {} : { by }),
  };
};

/** Where a version is and was, and how it fared there. */
export const deployed = ({ rollouts, places }: ServingPart): Lineage['deployments'] =>
  places.map((place) => {
    const { endpoint, deployment, rollout, stable } = place;
    const of = rollouts.find((each) => each.rollout.id === rollout);
    const from = timeOf(place, 'slipway.deployment.ready') ?? (of === undefined ? undefined : cameUpAt(of));
    const to = timeOf(place, 'slipway.deployment.retired');
    const message = messageOf(place);
    return {
      endpoint,
      deployment,
      ...(rollout === undefined ? {} : { rollout }),
      ...(from === undefined ? {} : { from }),
      ...(to === undefined ? {} : { to }),
      health: healthOf(place, { from, to, failed: of?.rollout.phase === 'Failed' }),
      stable,
      ...(message === undefined ? {} : { message }),
    };
  });

const timeOf = ({ entries }: Place, type: string): string | undefined =>
  entries.find((entry) => entry.type === type)?.time;

/** A rollout leaves Provisioning for another active phase when its deployment answers. */
const cameUpAt = ({ entries }: ServedRollout): string | undefined =>
  (entries as readonly RolloutEntry[]).find(
    ({ data }) => data.fromPhase === 'Provisioning' && !['Failed', 'RollingBack', 'Cleanup'].includes(data.phase),
  )?.time;

const messageOf = ({ entries }: Place): string | undefined => {
  const failed = entries.findLast(({ type }) => type === 'slipway.deployment.failed');
  return (failed?.data as EventData<'slipway.deployment.failed'> | undefined)?.message;
};

const healthOf = (
  place: Place,
  {
    from,
    to,
    failed,
  }: { readonly from: string | undefined; readonly to: string | undefined; readonly failed: boolean },
): Lineage['deployments'][number]['health'] => {
  if (to !== undefined || place.health === 'deleting') return 'retired';
  if (place.health !== undefined) return place.health;
  const last = place.entries.at(-1)?.type;
  if (failed || last === 'slipway.deployment.failed') return 'failed';
  return from === undefined ? 'creating' : 'ready';
};
