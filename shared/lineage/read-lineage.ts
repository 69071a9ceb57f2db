import type { EventData } from '../events/catalogue.ts';
import type { JournalEntry } from '../platform/journal.ts';
import { findModelId } from './find-model.ts';
import { heldBy } from './held.ts';
import { createJournalReader } from './journal-reader.ts';
import type { Lineage, LineageEvent } from './lineage.ts';
import { byTime, type DriftEntry, readDrift } from './read-drift.ts';
import { type RegistryPart, readRegistry } from './read-registry.ts';
import { readServing } from './read-serving.ts';
import { deployed, rolledOut } from './served.ts';
import type { LineageServices } from './services.ts';

/**
 * Where a version came from and what became of it, put together from the journals. Deleted versions have one, too, and
 * one model's is one, whatever it was called: it is found under each of its names.
 *
 * @param key the version is a string of digits
 * @throws SlipwayError RESOURCE_DOES_NOT_EXIST when no model of that name ever had that version;
 * INVALID_PARAMETER_VALUE for a version that is no number
 */
export const readLineage = async (
  services: LineageServices,
  key: { readonly name: string; readonly version: string },
): Promise<Lineage> => {
  const version = String(Number(key.version));
  const modelId = await findModelId(services, key.name, key.version);
  const reader = createJournalReader();
  const registry = await readRegistry(services, reader, { modelId, name: key.name, version });
  const serving = await readServing(services, reader, { names: registry.names, version });
  const deployments = deployed(serving);
  const drift = await readDrift(services, reader, { names: registry.names, version, deployments });
  const registered = await registeredOf(services, { modelId, version, entries: registry.entries });
  const events = new Map(
    [
      ...registry.entries,
      ...registry.aliasMoves,
      ...serving.rollouts.flatMap(({ entries }) => entries),
      ...serving.places.flatMap(({ entries }) => entries),
      ...drift,
    ].map((entry) => [entry.id, entry]),
  );
  return {
    name: registry.names.at(-1)?.name ?? key.name,
    version,
    modelId,
    names: registry.names.map(({ name }) => name),
    ...(registry.deletedAt === undefined ? {} : { deletedAt: registry.deletedAt }),
    ...(registered === undefined ? {} : { registered }),
    packages: packagesOf(registry.entries),
    rollouts: rolledOut(serving.rollouts, registry.entries),
    deployments,
    ...heldBy(registry),
    drift: drift.map(toDrift),
    events: [...events.values()].toSorted(byTime).map(toEvent),
    truncated: reader.truncated,
  };
};

const registeredOf = async (
  { registry, runs }: LineageServices,
  of: { readonly modelId: string; readonly version: string; readonly entries: RegistryPart['entries'] },
): Promise<Lineage['registered']> => {
  const entry = of.entries.find(({ type }) => type === 'slipway.model.registered');
  if (entry === undefined) return undefined;
  const { source, runId, origin, originOf } = entry.data as EventData<'slipway.model.registered'>;
  const stored = (await registry.readVersion(of.modelId, Number(of.version)))?.value;
  const location = stored?.kind === 'model-version' ? stored.location : undefined;
  const run = runId === undefined ? undefined : ((await runs.find(runId)) ?? { runId });
  return {
    at: entry.time,
    ...(entry.actor === undefined ? {} : { by: entry.actor }),
    causedBy: entry.causedBy,
    origin,
    ...(originOf === undefined ? {} : { originOf }),
    source,
    ...(location === undefined ? {} : { location }),
    ...(run === undefined ? {} : { run }),
  };
};

const packagesOf = (entries: readonly JournalEntry[]): Lineage['packages'] =>
  entries.flatMap(({ type, time, data }): Lineage['packages'] => {
    if (type === 'slipway.package.built') {
      const { model: _, version: __, ...built } = data as EventData<'slipway.package.built'>;
      const digest = built.image.split('@')[1];
      return [{ at: time, ...built, ...(digest === undefined ? {} : { digest }) }];
    }
    if (type !== 'slipway.package.refused') return [];
    const { code, message } = data as EventData<'slipway.package.refused'>;
    return [{ at: time, refused: { code, message } }];
  });

const toDrift = ({ time, type, data }: DriftEntry): Lineage['drift'][number] => ({
  at: time,
  monitor: data.monitor,
  state: type === 'slipway.drift.detected' ? 'detected' : 'cleared',
  driftScore: data.driftScore,
  ...(data.endpoint === undefined ? {} : { endpoint: data.endpoint }),
});

const toEvent = ({ id, time, type, subject, actor, causedBy, correlationId, data }: JournalEntry): LineageEvent => ({
  id,
  at: time,
  type,
  subject,
  ...(actor === undefined ? {} : { by: actor }),
  causedBy,
  correlationId,
  data,
});
