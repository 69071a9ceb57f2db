import { resolve } from 'node:path';
import type { TokenCredential } from '@azure/core-auth';
import { createBlobImageLayout } from '../shared/azure/container-registry/create-blob-image-layout.ts';
import { createBlobLayerFacts } from '../shared/azure/container-registry/create-blob-layer-facts.ts';
import { createRegistryImages } from '../shared/azure/container-registry/create-registry-images.ts';
import type { RegistryCredentials } from '../shared/azure/container-registry/registry-auth.ts';
import type { ImageStore } from '../shared/packaging/image/ports.ts';
import type { LayerServices } from '../shared/packaging/image/store-layers.ts';
import { cacheFolderOf } from './cache-folder.ts';
import { createFolderBlobs } from './folder-blobs.ts';
import { CommandFailed } from './report-failure.ts';

/** Where images are: an OCI image layout in a folder, or a registry. */
export type ImagePlace =
  | { readonly kind: 'folder'; readonly folder: string }
  | { readonly kind: 'registry'; readonly registry: string };

export interface NamedImage {
  readonly place: ImagePlace;
  readonly repository: string;
  /** A tag or a digest. */
  readonly reference: string;
}

/** As references to images in a folder begin: they are on this machine alone. */
const FOLDER_HOST = 'localhost';

export const placeFrom = ({
  output,
  registry,
}: {
  readonly output?: string;
  readonly registry?: string;
}): ImagePlace => {
  if ((output === undefined) === (registry === undefined)) {
    throw new CommandFailed('say where the image goes: either --output oci:<folder> or --registry <url>.');
  }
  if (registry !== undefined) return { kind: 'registry', registry };
  const folder = /^oci:(.+)$/.exec(output ?? '')?.[1];
  if (folder === undefined) throw new CommandFailed(`'${output}' is no image layout. Write it as oci:<folder>.`);
  return { kind: 'folder', folder: resolve(folder) };
};

const REPOSITORY = /^[a-z0-9]+(?:[._/-]+[a-z0-9]+)*$/;
const REFERENCE = /:([\w][\w.-]{0,127})$|@(sha256:[0-9a-f]{64})$/;

/** Reads `oci:<folder>:models/heart:v2`, `ghcr.io/team/models/heart:v2` and both with `@sha256:…`. */
export const parseImageName = (text: string): NamedImage => {
  const found = REFERENCE.exec(text);
  const before = found ? text.slice(0, found.index) : text;
  const reference = found?.[1] ?? found?.[2];
  const folder = /^oci:(.+):([^:]+)$/.exec(before);
  const registry = /^((?:https?:\/\/)?[^/]+)\/(.+)$/.exec(before);
  const repository = folder?.[2] ?? registry?.[2] ?? '';
  if (reference === undefined || !REPOSITORY.test(repository)) throw noImage(text);
  if (folder) {
    return { place: { kind: 'folder', folder: resolve(folder[1] ?? '') }, repository, reference };
  }
  if (before.startsWith('oci:')) throw noImage(text);
  return { place: { kind: 'registry', registry: registry?.[1] ?? '' }, repository, reference };
};

const noImage = (text: string): CommandFailed => {
  const examples = '`oci:<folder>:models/heart:v2` or `<registry>/models/heart:v2`';
  return new CommandFailed(`'${text}' names no image. Write it as ${examples}, or with @sha256:….`);
};

/** The images of a place, and what is known about layers that are there. */
export const openPlace = (place: ImagePlace): LayerServices => {
  const facts = (name: string) => createBlobLayerFacts(createFolderBlobs(cacheFolderOf(name)));
  return place.kind === 'folder'
    ? { images: folderImages(place.folder), layerFacts: facts(place.folder) }
    : { images: registryImages(place.registry), layerFacts: facts(place.registry) };
};

const folderImages = (folder: string): ImageStore => createBlobImageLayout(createFolderBlobs(folder), FOLDER_HOST);

const registryImages = (registry: string): ImageStore =>
  createRegistryImages({ registry, credentials: credentialsFor(registry), privateEgress: 'refuse' });

/** Only ever from the environment: what is on a command line is in the shell's history and in the list of processes. */
const credentialsFor = (registry: string): RegistryCredentials => {
  const { IMAGE_REGISTRY_USERNAME: username, IMAGE_REGISTRY_PASSWORD: password, AZURE_CLIENT_ID: client } = process.env;
  if (username && password) return { kind: 'basic', username, password };
  if (username || password) {
    throw new CommandFailed('set IMAGE_REGISTRY_USERNAME and IMAGE_REGISTRY_PASSWORD together, or neither.');
  }
  const isAzure = /^(https:\/\/)?[^/]+\.azurecr\.(io|us|cn)(\/|$)/.test(registry);
  return isAzure && client ? { kind: 'entra', credential: entra } : { kind: 'anonymous' };
};

/** Loaded only where it is needed: it takes longer than most commands. */
const entra: TokenCredential = {
  async getToken(scopes, options) {
    const { EnvironmentCredential } = await import('@azure/identity');
    return new EnvironmentCredential().getToken(scopes, options);
  },
};
