import { Readable } from 'node:stream';
import type { ReadableStream } from 'node:stream/web';
import type { ImageSource } from './options.ts';
import { createPulledImages, type ImageReference } from './pull-image.ts';

export interface RegistryImagesOptions {
  /** As in `http://127.0.0.1:5000/team`; images of other registries are not pulled. */
  readonly url: string;
  readonly username?: string | undefined;
  readonly password?: string | undefined;
  /** Unpacked layers are kept here by digest. */
  readonly cacheDir: string;
}

const MANIFEST = 'application/vnd.oci.image.manifest.v1+json';

/** Images from a registry, as a cluster pulls them. Every digest is checked. */
export const createRegistryImages = (options: RegistryImagesOptions): ImageSource => {
  const registry = new URL(options.url);
  return createPulledImages(async (image, kind, digest) => {
    const repository = repositoryOf(image, registry);
    const url = new URL(`/v2/${repository}/${kind}s/${digest}`, registry);
    const answer = await get(url, repository, options);
    if (answer.status === 200 && answer.body) return Readable.fromWeb(answer.body as ReadableStream);
    await answer.body?.cancel();
    throw new Error(`'${registry.host}' answers ${answer.status} to the ${kind} ${digest} of ${repository}`);
  }, options.cacheDir);
};

const repositoryOf = ({ name }: ImageReference, { host, pathname }: URL): string => {
  const ours = `${host}${pathname.replace(/\/$/, '')}/`;
  if (!name.startsWith(ours)) throw new Error(`the image '${name}' is not of the registry '${host}'`);
  return name.slice(host.length + 1);
};

/** Asks without credentials first: the registry then says which it wants. */
const get = async (url: URL, repository: string, options: RegistryImagesOptions): Promise<Response> => {
  const answer = await fetch(url, { headers: { accept: MANIFEST } });
  if (answer.status !== 401) return answer;
  await answer.body?.cancel();
  const authorization = await authorize(answer.headers.get('www-authenticate') ?? '', repository, options);
  return fetch(url, { headers: { accept: MANIFEST, authorization } });
};

const authorize = async (
  challenge: string,
  repository: string,
  { username, password }: RegistryImagesOptions,
): Promise<string> => {
  const basic = `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`;
  const realm = /^Bearer .*realm="([^"]+)"/i.exec(challenge)?.[1];
  if (realm === undefined) return basic;
  const url = new URL(realm);
  url.searchParams.set('service', /service="([^"]+)"/.exec(challenge)?.[1] ?? '');
  url.searchParams.set('scope', `repository:${repository}:pull`);
  const answer = await fetch(url, { headers: username === undefined ? {} : { authorization: basic } });
  const token = (await answer.json()) as { readonly token?: string; readonly access_token?: string };
  return `Bearer ${token.token ?? token.access_token}`;
};
