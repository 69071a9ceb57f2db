import type { PackageDocument } from '../shared/packaging/package-document.ts';
import { findPackage, type RequestPackageServices, requestPackage } from '../shared/packaging/request-package.ts';
import { SlipwayError } from '../shared/platform/errors.ts';
import { setAlias } from '../shared/registry/aliases.ts';
import { getModelVersion } from '../shared/registry/get-version.ts';
import type { Champion, PackageState, Packages } from '../shared/rollout/ports.ts';

/** What rollouts ask of packaging. A version that does not exist is refused here, before anybody waits for its package. */
export const packagesOf = (services: RequestPackageServices): Packages => ({
  request: async (model, version, causedBy) => {
    await getModelVersion(services, model, version);
    await requestPackage(services, { model, version }, { causedBy, correlationId: causedBy });
  },
  state: async (model, version) => {
    const found = await findPackage(services, { model, version });
    return found === undefined ? undefined : stateOf(found);
  },
});

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

/** What rollouts ask of the registry. */
export const championOf = (services: RequestPackageServices): Champion => ({
  setChampion: (name, version, causedBy) =>
    setAlias(services, { name, alias: 'champion', version }, { causedBy, correlationId: causedBy }),
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
