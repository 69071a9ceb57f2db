import type { EventData } from '../../events/catalogue.ts';
import type { Tag } from '../../mlflow/tags.ts';
import { isSlipwayError } from '../../platform/errors.ts';
import type { Cause } from '../../platform/journal.ts';
import type { Logger } from '../../platform/logging.ts';
import { deleteAlias, setAlias } from '../aliases.ts';
import { getModelVersion } from '../get-version.ts';
import type { OriginOf } from '../model.ts';
import { isPrompt } from '../prompt.ts';
import type { RegistryServices } from '../services.ts';
import { transitionStage } from '../transition-stage.ts';
import { deleteVersionTag, setVersionTag } from '../update-version.ts';
import { findMirrored, registerMirroredVersion, type VersionToMirror } from './mirrored-version.ts';
import { createOriginClient, type OriginClient, type OriginClientServices } from './origin-client.ts';
import { locate } from './origin-location.ts';
import { nameHere, type OriginServer, type OriginStore } from './origin-server.ts';

export interface MirrorServices extends RegistryServices, OriginClientServices {
  readonly origins: OriginStore;
  readonly log: Logger;
}

type Notice = EventData<'slipway.origin.changed'>;

interface Mirroring {
  readonly services: MirrorServices;
  readonly origin: OriginServer;
  readonly client: OriginClient;
  readonly cause: Cause;
}

/**
 * Brings here what an origin server said has changed. Only a new version is taken as told; of everything else the
 * server is asked how it is now, so that notices may come twice, late and in any order. A version that a notice is
 * about is mirrored first when it is not here yet.
 *
 * @throws SlipwayError as the client does, and what the registry refuses
 */
export const mirrorNotice = async (services: MirrorServices, notice: Notice, cause: Cause): Promise<void> => {
  const origin = (await services.origins.get(notice.origin))?.value;
  if (origin === undefined) {
    services.log.warn({ origin: notice.origin }, 'notice of an origin server that was removed meanwhile');
    return;
  }
  const mirroring = { services, origin, client: createOriginClient(services, origin), cause };
  const { name, version = '', alias = '', keys = [], told } = notice;
  switch (notice.change) {
    case 'version-created':
      await mirroredNumber(mirroring, { name, version }, told);
      return;
    case 'alias-changed':
      return mirrorAlias(mirroring, name, alias);
    case 'tags-changed':
      return mirrorTags(mirroring, { name, version }, keys);
    case 'stage-changed':
      return mirrorStage(mirroring, { name, version });
    default:
      return notice.change satisfies never;
  }
};

type There = Pick<OriginOf, 'name' | 'version'>;

/** The number of a version here, mirrored now if need be; undefined when it is not there, or was deleted here. */
const mirroredNumber = async (
  mirroring: Mirroring,
  { name, version }: There,
  told?: Notice['told'],
): Promise<string | undefined> => {
  const { services, origin, cause } = mirroring;
  const originOf = { server: origin.name, name, version };
  const model = (await services.registry.findModel(nameHere(origin, name)))?.value;
  const known = model === undefined ? undefined : await findMirrored(services, model.modelId, originOf);
  if (known !== undefined) return known.live ? String(known.number) : undefined;
  const wish = await wishOf(mirroring, originOf, told);
  if (wish === undefined) return undefined;
  const { number, live } = await registerMirroredVersion(services, wish, cause);
  return live ? String(number) : undefined;
};

/** Prompts, which MLflow keeps among the models, are not mirrored. */
const wishOf = async (
  { services, origin, client }: Mirroring,
  originOf: OriginOf,
  told: Notice['told'],
): Promise<VersionToMirror | undefined> => {
  const state = told ?? (await readState(client, originOf));
  if (state === undefined || isPrompt(toTags(state.tags))) return undefined;
  const location = await locationIfAny(services.log, () => locate(origin, client, { originOf, ...state }));
  return {
    ...state,
    name: nameHere(origin, originOf.name),
    originOf,
    ...(location === undefined ? {} : { location }),
  };
};

const toTags = (tags: Readonly<Record<string, string>>): readonly Tag[] =>
  Object.entries(tags).map(([key, value]) => ({ key, value }));

const readState = async (client: OriginClient, { name, version }: OriginOf): Promise<Notice['told']> => {
  const found = await client.version(name, version);
  if (found === undefined) return undefined;
  const { source, run_id: runId, description, tags } = found;
  return { source, runId, description, tags: Object.fromEntries(tags.map(({ key, value }) => [key, value])) };
};

/** Where the files are is asked again when they are read: not to know it now keeps no version away. */
const locationIfAny = async (log: Logger, ask: () => Promise<string | undefined>): Promise<string | undefined> => {
  try {
    return await ask();
  } catch (error) {
    if (!isSlipwayError(error)) throw error;
    log.warn({ code: error.code, reason: error.message }, 'the origin server does not say where the files are');
    return undefined;
  }
};

/** An alias here follows the one there. Gone there, it goes here when it points to a version that came from there. */
const mirrorAlias = async (mirroring: Mirroring, name: string, alias: string): Promise<void> => {
  const { services, origin, client, cause } = mirroring;
  const target = await client.aliasTarget(name, alias);
  const here = nameHere(origin, name);
  if (target === undefined) {
    if (await isOfOrigin(mirroring, here, alias)) await deleteAlias(services, { name: here, alias }, cause);
    return;
  }
  const version = await mirroredNumber(mirroring, { name, version: target });
  if (version !== undefined) await setAlias(services, { name: here, alias, version }, cause);
};

const isOfOrigin = async ({ services, origin }: Mirroring, name: string, alias: string): Promise<boolean> => {
  const model = (await services.registry.findModel(name))?.value;
  const current = model?.aliases.find((known) => known.alias === alias);
  if (model === undefined || current === undefined) return false;
  const { originOf } = await getModelVersion(services, name, String(current.version));
  return originOf?.server === origin.name;
};

const mirrorTags = async (mirroring: Mirroring, there: There, keys: readonly string[]): Promise<void> => {
  const { services, origin, client, cause } = mirroring;
  const version = await mirroredNumber(mirroring, there);
  const now = await client.version(there.name, there.version);
  if (version === undefined || now === undefined) return;
  const here = { name: nameHere(origin, there.name), version };
  for (const key of keys) {
    const tag = now.tags.find((each) => each.key === key);
    if (tag === undefined) await deleteVersionTag(services, { ...here, key }, cause);
    else await setVersionTag(services, { ...here, ...tag }, cause);
  }
};

const mirrorStage = async (mirroring: Mirroring, there: There): Promise<void> => {
  const { services, origin, client, cause } = mirroring;
  const version = await mirroredNumber(mirroring, there);
  const now = await client.version(there.name, there.version);
  if (version === undefined || now === undefined) return;
  const here = { name: nameHere(origin, there.name), version };
  if ((await getModelVersion(services, here.name, version)).stage === now.current_stage) return;
  await transitionStage(services, { ...here, stage: now.current_stage }, cause);
};
