import type { EventData } from '../events/catalogue.ts';
import { subjectOf } from '../events/subjects.ts';
import { SlipwayError } from '../platform/errors.ts';
import { type Cause, type JournalEntry, journalEntry, journalWrite } from '../platform/journal.ts';
import type { EpochMs } from '../platform/time.ts';
import type { ObservedDeployment, ObservedEndpoint } from './ports.ts';
import type { DeploymentRecord, EndpointRecord } from './rollout.ts';
import { endpointWrite, newEndpointRecord } from './rollout-store.ts';
import type { RolloutServices } from './services.ts';

const MOST_TRIES = 8;

/**
 * Records what the platform says about an endpoint and its deployments, and tells whose health changed.
 *
 * Level-triggered: what is recorded is what is seen now, whatever the event said, so events may come late or twice.
 *
 * @returns false when nothing had changed; nothing is written then
 * @throws SlipwayError RESOURCE_CONFLICT when the record keeps changing
 */
export const observeEndpoint = async (
  { rollouts, endpoints, clock }: RolloutServices,
  name: string,
  cause: Cause,
): Promise<boolean> => {
  for (let tries = 0; tries < MOST_TRIES; tries += 1) {
    const stored = await rollouts.readEndpoint(name);
    const endpoint = await endpoints.getEndpoint(name);
    if (stored === undefined && endpoint === undefined) return false;
    const deployments = endpoint === undefined ? [] : await endpoints.listDeployments(name);

    const before = stored?.value ?? newEndpointRecord(name);
    const next = withObserved(before, endpoint, deployments);
    if (stored !== undefined && JSON.stringify(next) === JSON.stringify(before)) return false;
    const entries = healthEntries(before, next, cause, clock());
    const committed = await rollouts.commit(name, [endpointWrite(next, stored?.etag), ...entries.map(journalWrite)]);
    if (committed.ok) return true;
  }
  throw new SlipwayError('RESOURCE_CONFLICT', `the record of endpoint ${name} keeps changing`);
};

const withObserved = (
  record: EndpointRecord,
  endpoint: ObservedEndpoint | undefined,
  deployments: readonly ObservedDeployment[],
): EndpointRecord => ({
  ...record,
  provisioningState: endpoint?.provisioningState ?? 'Deleted',
  deployments: deployments
    .map((deployment) =>
      toRecord(
        deployment,
        record.deployments.find(({ name }) => name === deployment.name),
      ),
    )
    .toSorted((a, b) => (a.name < b.name ? -1 : 1)),
});

const toRecord = (
  { name, model, image, error, provisioningState }: ObservedDeployment,
  before: DeploymentRecord | undefined,
): DeploymentRecord => ({
  name,
  health: healthOf(provisioningState, before),
  ...(model === undefined ? {} : { model }),
  ...(image === undefined ? {} : { image }),
  ...(error === undefined ? {} : { message: error }),
});

/** A deployment that is updated or scaled serves on with what it was. */
const healthOf = (
  state: ObservedDeployment['provisioningState'],
  before: DeploymentRecord | undefined,
): DeploymentRecord['health'] => {
  switch (state) {
    case 'Succeeded':
      return 'ready';
    case 'Failed':
    case 'Canceled':
      return 'failed';
    case 'Deleting':
      return 'deleting';
    case 'Creating':
      return 'creating';
    case 'Updating':
    case 'Scaling':
      return before?.health ?? 'creating';
  }
};

const healthEntries = (
  before: EndpointRecord,
  next: EndpointRecord,
  cause: Cause,
  at: EpochMs,
): readonly JournalEntry[] =>
  next.deployments
    .filter(({ name, health }) => before.deployments.find((old) => old.name === name)?.health !== health)
    .flatMap((deployment) => {
      const type = { ready: 'slipway.deployment.ready', failed: 'slipway.deployment.failed' } as const;
      if (deployment.health !== 'ready' && deployment.health !== 'failed') return [];
      const id = `${next.id}:${before.rev + 1}:${deployment.name}`;
      const subject = subjectOf.deployment(next.name, deployment.name);
      const data: EventData<'slipway.deployment.ready'> = {
        endpoint: next.name,
        deployment: deployment.name,
        ...(deployment.model === undefined ? {} : { model: deployment.model.name, version: deployment.model.version }),
        ...(deployment.image === undefined ? {} : { image: deployment.image }),
        ...(deployment.message === undefined ? {} : { message: deployment.message }),
      };
      return [journalEntry(id, { type: type[deployment.health], subject, data }, cause, at)];
    });
