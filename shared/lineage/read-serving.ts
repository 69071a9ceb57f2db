import { subjectOf } from '../events/subjects.ts';
import type { JournalEntry } from '../platform/journal.ts';
import { toIso } from '../platform/time.ts';
import type { EndpointRecord, Rollout } from '../rollout/rollout.ts';
import type { JournalReader } from './journal-reader.ts';
import { type NamePeriod, wasNamed } from './model-names.ts';
import type { LineageServices } from './services.ts';

/** A place where the version is, or was. */
export interface Place {
  readonly endpoint: string;
  readonly deployment: string;
  readonly rollout?: string;
  readonly stable: boolean;
  readonly health: EndpointRecord['deployments'][number]['health'] | undefined;
  readonly entries: readonly JournalEntry[];
}

/** What the endpoints and their journal say of one version. */
export interface ServingPart {
  readonly rollouts: readonly { readonly rollout: Rollout; readonly entries: readonly JournalEntry[] }[];
  readonly places: readonly Place[];
}

const MOST_ROLLOUTS = 100;
const PAGE = 100;

/** Every rollout of the version, and every deployment that it has or had. */
export const readServing = async (
  services: LineageServices,
  reader: JournalReader,
  { names, version }: { readonly names: readonly NamePeriod[]; readonly version: string },
): Promise<ServingPart> => {
  const { endpoints } = services.journals;
  const rollouts: { rollout: Rollout; entries: readonly JournalEntry[] }[] = [];
  for (const rollout of await rolloutsOf(services, reader, names, version)) {
    const entries = await reader.read(endpoints, rollout.endpoint, [
      { path: 'id', op: 'startsWith', value: `${rollout.id}:` },
    ]);
    rollouts.push({ rollout, entries: entries.filter(({ type }) => type.startsWith('slipway.rollout.')) });
  }
  const records = await recordsOf(services);
  const places: Place[] = [];
  for (const { endpoint, deployment, rollout } of deploymentsOf(rollouts, records, names, version)) {
    const record = records.find(({ name }) => name === endpoint);
    places.push({
      endpoint,
      deployment,
      ...(rollout === undefined ? {} : { rollout }),
      stable: record?.stable?.deployment === deployment,
      health: record?.deployments.find(({ name }) => name === deployment)?.health,
      entries: await reader.read(endpoints, endpoint, [
        { path: 'subject', op: '=', value: subjectOf.deployment(endpoint, deployment) },
      ]),
    });
  }
  return { rollouts, places };
};

/** The oldest first. */
const rolloutsOf = async (
  { rollouts }: LineageServices,
  reader: JournalReader,
  names: readonly NamePeriod[],
  version: string,
): Promise<readonly Rollout[]> => {
  const found: Rollout[] = [];
  for (const model of new Set(names.map(({ name }) => name))) {
    const page = await rollouts.listRollouts({ model, version }, { limit: MOST_ROLLOUTS });
    if (page.next !== undefined) reader.leaveOut();
    found.push(...page.items.map(({ value }) => value));
  }
  return found
    .filter(({ model, createdAt }) => wasNamed(names, model, toIso(createdAt)))
    .toSorted((a, b) => a.createdAt - b.createdAt);
};

const recordsOf = async ({ rollouts }: LineageServices): Promise<readonly EndpointRecord[]> => {
  const records: EndpointRecord[] = [];
  let continuation: string | undefined;
  do {
    const page = await rollouts.listEndpoints({ limit: PAGE, ...(continuation === undefined ? {} : { continuation }) });
    records.push(...page.items.map(({ value }) => value));
    continuation = page.next;
  } while (continuation !== undefined);
  return records;
};

/** Those that rollouts made, and those that somebody else made and the endpoint still has. */
const deploymentsOf = (
  rollouts: ServingPart['rollouts'],
  records: readonly EndpointRecord[],
  names: readonly NamePeriod[],
  version: string,
): readonly Pick<Place, 'endpoint' | 'deployment' | 'rollout'>[] => {
  const made = rollouts
    .filter(({ rollout }) => rollout.image !== undefined)
    .map(({ rollout }) => ({ endpoint: rollout.endpoint, deployment: rollout.to.deployment, rollout: rollout.id }));
  const current = names.at(-1);
  if (current === undefined || current.to !== undefined) return made;
  const others = records.flatMap(({ name: endpoint, deployments }) =>
    deployments
      .filter(({ model }) => model?.name === current.name && model.version === version)
      .map(({ name: deployment }) => ({ endpoint, deployment })),
  );
  return [...made, ...others.filter((other) => !made.some((known) => isSame(known, other)))];
};

const isSame = (a: Pick<Place, 'endpoint' | 'deployment'>, b: Pick<Place, 'endpoint' | 'deployment'>): boolean =>
  a.endpoint === b.endpoint && a.deployment === b.deployment;
