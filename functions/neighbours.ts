import type { TrackedRun } from '../shared/lineage/lineage.ts';
import type { Runs } from '../shared/lineage/services.ts';
import type { KnownTags } from '../shared/notify/webhooks/notify-webhooks.ts';
import type { PackageDocument } from '../shared/packaging/package-document.ts';
import { findPackage, type RequestPackageServices, requestPackage } from '../shared/packaging/request-package.ts';
import type { PackageUse } from '../shared/packaging/sweep/retention.ts';
import type { PackageUses } from '../shared/packaging/sweep/sweep-packages.ts';
import { isSlipwayError, SlipwayError, toSlipwayError } from '../shared/platform/errors.ts';
import type { Logger } from '../shared/platform/logging.ts';
import { setAlias } from '../shared/registry/aliases.ts';
import { getModel } from '../shared/registry/get-model.ts';
import { getModelVersion } from '../shared/registry/get-version.ts';
import type { ModelUses, RegistryServices, TrackedArtifacts } from '../shared/registry/services.ts';
import type { RegistryStore } from '../shared/registry/store.ts';
import { usesOfModel } from '../shared/rollout/model-uses.ts';
import { CHAMPION } from '../shared/rollout/policy-rules.ts';
import type { Champion, Endpoints, PackageState, Packages } from '../shared/rollout/ports.ts';
import type { EndpointRecord } from '../shared/rollout/rollout.ts';
import type { RolloutStore } from '../shared/rollout/rollout-store.ts';
import { findLoggedModel } from '../shared/tracking/logged-models/change-logged-model.ts';
import { loggedModelOfRun, noteRegistered } from '../shared/tracking/logged-models/tracked-models.ts';
import { findRunOutcome, type RecordRunServices, type RunOutcome } from '../shared/tracking/record-run.ts';
import type { TrackingServices } from '../shared/tracking/services.ts';

/** What rollouts ask of packaging. A version that does not exist is refused here, before anybody waits for its package. */
export const packagesOf = (services: RequestPackageServices): Packages => ({
  request: async (model, version, causedBy, wish) => {
    await getModelVersion(services, model, version);
    const onnx = wish?.onnx;
    const asked = { model, version, ...(onnx === undefined ? {} : { onnx }) };
    await requestPackage(services, asked, { causedBy, correlationId: causedBy });
  },
  state: async (model, version) => {
    if (await isGone(services, model, version)) {
      return { phase: 'refused', code: 'version-deleted', message: `version ${version} of '${model}' was deleted` };
    }
    const found = await findPackage(services, { model, version });
    return found === undefined ? undefined : stateOf(found);
  },
});

/** A rollout that began while its version was being deleted ends with that reason, also when there is an image. */
const isGone = async ({ registry }: RequestPackageServices, model: string, version: string): Promise<boolean> => {
  const modelId = (await registry.findModel(model))?.value.modelId;
  if (modelId === undefined) return true;
  return (await registry.readVersion(modelId, Number(version)))?.value.kind === 'deleted-version';
};

const stateOf = (document: PackageDocument): PackageState => {
  switch (document.phase) {
    case 'requested':
      return { phase: 'requested' };
    case 'refused':
      return { phase: 'refused', code: document.code, message: document.message };
    case 'built': {
      const { image, servingInput } = document;
      return { phase: 'built', image, ...(servingInput === undefined ? {} : { servingInput }) };
    }
    default:
      return document satisfies never;
  }
};

/** What the registry asks of rollouts. */
export const modelUsesOf = (services: Parameters<typeof usesOfModel>[0]): ModelUses => ({
  of: (model, version) => usesOfModel(services, model, version),
});

/** What the sweep of packages asks of rollouts, of the platform they work on, and of the registry. */
export const packageUsesOf = (services: PackageUsesServices): PackageUses => ({
  async all() {
    const uses: PackageUse[] = [];
    let continuation: string | undefined;
    do {
      const page = await services.rollouts.listEndpoints({
        limit: 100,
        ...(continuation === undefined ? {} : { continuation }),
      });
      for (const { value } of page.items) uses.push(...(await packagesUsedOn(services, value)));
      continuation = page.next;
    } while (continuation !== undefined);
    const ids = new Map<string, string>();
    for await (const { name, modelId, aliases } of services.registry.models({})) {
      ids.set(name, modelId);
      uses.push(...aliases.map(({ alias, version }) => ({ modelId, version: String(version), by: `alias ${alias}` })));
    }
    return uses.map((use) => (use.model === undefined ? use : { ...use, modelId: ids.get(use.model) }));
  },
});

interface PackageUsesServices {
  readonly rollouts: RolloutStore;
  readonly endpoints: Pick<Endpoints, 'listDeployments'>;
  readonly registry: Pick<RegistryStore, 'models'>;
}

/** Whatever a deployment was made from, serving or held, and what rollouts come from and go to. */
const packagesUsedOn = async (
  { rollouts, endpoints }: PackageUsesServices,
  { name, stable, activeRolloutId, pending, deployments }: EndpointRecord,
): Promise<readonly PackageUse[]> => {
  const active = activeRolloutId === undefined ? undefined : await rollouts.readRollout(name, activeRolloutId);
  const observed = await endpoints.listDeployments(name);
  const targets = [stable, active?.value.from, active?.value, pending];
  return [
    ...targets.flatMap((target) =>
      target === undefined
        ? []
        : [{ model: target.model, version: target.version, by: `a rollout on endpoint ${name}` }],
    ),
    ...[...deployments, ...observed].map(({ name: deployment, model, image }) => ({
      by: `deployment ${deployment} of endpoint ${name}`,
      model: model?.name,
      version: model?.version,
      digest: image?.slice(image.indexOf('@') + 1),
    })),
  ];
};

/** What rollouts ask of the registry. */
export const championOf = (services: RequestPackageServices): Champion => ({
  setChampion: (name, version, causedBy) =>
    setAlias(services, { name, alias: CHAMPION, version }, { causedBy, correlationId: causedBy }),
});

/** What webhooks ask of the registry. */
export const registryTagsOf = (services: RegistryServices): KnownTags => ({
  tagsOf: async (name, version) => {
    try {
      const { tags } = await (version === undefined
        ? getModel(services, name)
        : getModelVersion(services, name, version));
      return Object.fromEntries(tags.map(({ key, value }) => [key, value]));
    } catch (cause) {
      if (isSlipwayError(cause) && cause.code === 'RESOURCE_DOES_NOT_EXIST') return {};
      throw cause;
    }
  },
});

/** What Azure ML knows of a model version beyond its event. */
export interface ForeignModels {
  /** @throws SlipwayError RESOURCE_DOES_NOT_EXIST while Azure ML does not show it */
  getModelVersion(name: string, version: string): Promise<{ readonly modelUri: string }>;
}

/** What the registry asks of Azure ML. */
export const foreignModelsOf = (models: {
  getModelVersion(name: string, version: string): Promise<{ readonly modelUri: string } | undefined>;
}): ForeignModels => ({
  async getModelVersion(name, version) {
    const found = await models.getModelVersion(name, version);
    if (found === undefined) {
      throw new SlipwayError('RESOURCE_DOES_NOT_EXIST', `Azure ML does not show version ${version} of '${name}'`);
    }
    return found;
  },
});

/** What the registry asks of the tracking server in this same app. */
export const trackedArtifactsOf = (services: TrackingServices, log: Logger): TrackedArtifacts => ({
  async ofLoggedModel(modelId) {
    const model = (await findLoggedModel(services.loggedModels, modelId))?.value;
    if (model === undefined) return undefined;
    const { artifactUri, sourceRunId } = model;
    return sourceRunId === '' ? { artifactUri } : { artifactUri, sourceRunId };
  },
  async ofRun(runId, path) {
    const run = (await services.trackingStore.readRun(runId))?.value;
    if (run === undefined || run.lifecycle === 'deleted') return undefined;
    if (path === '') return run.artifactUri;
    // A model that a run logged is beside the run's own files, under its own id.
    const logged = await loggedModelOfRun(services, runId, path);
    return logged?.artifactUri ?? `${run.artifactUri}/${path}`;
  },
  async noteVersion(modelId, version) {
    try {
      await noteRegistered(services, modelId, version);
    } catch (error) {
      // The version is there: a refusal now would have the client register another.
      log.warn(
        { modelId, ...version, code: toSlipwayError(error).code },
        'could not note a version on its logged model',
      );
    }
  },
});

/** What lineage asks of tracking: runs of ours, and of Azure ML so far as its events told of them. */
export const runsOf = ({
  trackingStore,
  tracking,
}: Pick<TrackingServices, 'trackingStore'> & Pick<RecordRunServices, 'tracking'>): Runs => ({
  async find(runId) {
    const run = (await trackingStore.readRun(runId))?.value;
    if (run === undefined) return foreignRun(await findRunOutcome({ tracking }, runId));
    const { experimentId, name, status } = run;
    const experiment = (await trackingStore.readExperiment(experimentId))?.value;
    return {
      runId,
      name,
      status,
      experimentId,
      ...(experiment?.kind === 'experiment' ? { experimentName: experiment.name } : {}),
    };
  },
});

const foreignRun = (outcome: RunOutcome | undefined): TrackedRun | undefined => {
  if (outcome === undefined) return undefined;
  const { runId, status, experimentId, experimentName } = outcome;
  return { runId, status, experimentId, experimentName };
};
