import { downloadUriOf, getLatestVersions, getModelVersion, getVersionByAlias } from './get-version.ts';
import type { ModelVersion } from './model.ts';
import { versionNotFound } from './refusals.ts';
import type { RegistryServices } from './services.ts';
import { type ModelsUri, parseModelsUri } from './source.ts';

/** What a source refers to, when it refers to something else. */
export interface ResolvedSource {
  readonly location?: string;
  /** The run that logged it. */
  readonly runId?: string;
}

/**
 * Where the files of a source really are. What a tracking store of somebody else holds stays unresolved: its clients
 * resolve it by themselves.
 *
 * @throws SlipwayError RESOURCE_DOES_NOT_EXIST for a version that is not there; INVALID_PARAMETER_VALUE
 */
export const resolveSource = async (services: RegistryServices, source: string): Promise<ResolvedSource> => {
  const [, runId, path = ''] = /^runs:\/+([^/]+)(?:\/(.*))?$/i.exec(source) ?? [];
  if (runId !== undefined) return located(await services.tracked?.ofRun(runId, path));
  const uri = parseModelsUri(source);
  if (uri === undefined) return {};
  if (uri.kind !== 'logged-model') return located(downloadUriOf(await referenced(services, uri)));
  const logged = await services.tracked?.ofLoggedModel(uri.loggedModelId);
  return {
    ...located(logged?.artifactUri),
    ...(logged?.sourceRunId === undefined ? {} : { runId: logged.sourceRunId }),
  };
};

const located = (location: string | undefined): ResolvedSource => (location === undefined ? {} : { location });

const referenced = async (
  services: RegistryServices,
  uri: Exclude<ModelsUri, { kind: 'logged-model' }>,
): Promise<ModelVersion> => {
  if (uri.kind === 'version') return getModelVersion(services, uri.name, uri.version);
  if (uri.kind === 'alias') return getVersionByAlias(services, uri.name, uri.alias);
  if (uri.kind === 'latest') return getVersionByAlias(services, uri.name, 'latest');
  const [latest] = await getLatestVersions(services, uri.name, [uri.stage]);
  if (latest === undefined) throw versionNotFound(uri.name, uri.stage);
  return latest;
};
