import * as z from 'zod';
import type { StoredDocument } from '../../packaging/image/ports.ts';
import { SlipwayError } from '../../platform/errors.ts';
import { hasStatus } from './registry-error.ts';
import { pull, push, type RegistryHttp, remove } from './registry-http.ts';
import { retrying } from './retry.ts';
import { checkedDigest, isDigest, sha256Of } from './stored-manifest.ts';
import { type Answer, discard, expectStatus, headerOf, readBytes, readJson } from './transport.ts';

const ACCEPT = [
  'application/vnd.oci.image.manifest.v1+json',
  'application/vnd.oci.image.index.v1+json',
  'application/vnd.docker.distribution.manifest.v2+json',
  'application/vnd.docker.distribution.manifest.list.v2+json',
].join(', ');

const PAGE = 1000;

const tagsSchema = z.object({ tags: z.array(z.string()).nullish() });

const manifestUrl = (http: RegistryHttp, repository: string, reference: string): string =>
  `/v2/${http.nameOf(repository)}/manifests/${isDigest(reference) ? checkedDigest(reference) : encodeURIComponent(reference)}`;

/** The manifest, its digest verified; undefined when there is none. */
export const readManifest = async (
  http: RegistryHttp,
  repository: string,
  reference: string,
): Promise<StoredDocument | undefined> => {
  const url = manifestUrl(http, repository, reference);
  return retrying(async () => {
    const answer = await http.send({
      method: 'GET',
      url,
      scopes: [pull(http.nameOf(repository))],
      headers: { accept: ACCEPT },
    });
    await expectStatus(answer, `give the manifest ${reference} of ${repository}`, 200, 404);
    if (answer.status === 200) return toDocument(answer, isDigest(reference) ? reference : undefined);
    await discard(answer);
    return undefined;
  }, http);
};

const toDocument = async (answer: Answer, wanted: string | undefined): Promise<StoredDocument> => {
  const bytes = await readBytes(answer);
  const digest = sha256Of(bytes);
  const said = wanted ?? headerOf(answer, 'docker-content-digest');
  if (said !== undefined && said !== digest) {
    throw new SlipwayError('INVALID_STATE', `the registry gives a manifest of ${said} that has the digest ${digest}`);
  }
  const mediaType = (headerOf(answer, 'content-type') ?? '').split(';', 1)[0]?.trim() ?? '';
  return { bytes, descriptor: { mediaType, digest, size: bytes.length } };
};

/** Stores the manifest under the tag, or its digest alone, unless it is there; says what the registry answered. */
export const putManifest = async (
  http: RegistryHttp,
  repository: string,
  manifest: StoredDocument,
  tag: string | undefined,
): Promise<void> => {
  const reference = tag ?? manifest.descriptor.digest;
  if ((await storedDigest(http, repository, reference)) === manifest.descriptor.digest) return;
  await discard(await sendManifest(http, repository, manifest, reference));
};

const storedDigest = (http: RegistryHttp, repository: string, reference: string): Promise<string | undefined> =>
  retrying(async () => {
    const answer = await http.send({
      method: 'HEAD',
      url: manifestUrl(http, repository, reference),
      scopes: [pull(http.nameOf(repository))],
      headers: { accept: ACCEPT },
    });
    await discard(await expectStatus(answer, `look for the manifest ${reference} of ${repository}`, 200, 404));
    return answer.status === 200 ? headerOf(answer, 'docker-content-digest') : undefined;
  }, http);

/** @throws SlipwayError INVALID_STATE when the registry lacks a blob, or stored something else */
export const sendManifest = (
  http: RegistryHttp,
  repository: string,
  { bytes, descriptor }: StoredDocument,
  reference: string,
): Promise<Answer> =>
  retrying(async () => {
    const answer = await http.send({
      method: 'PUT',
      url: manifestUrl(http, repository, reference),
      scopes: [push(http.nameOf(repository))],
      headers: { 'content-type': descriptor.mediaType },
      body: bytes,
    });
    await expectStatus(answer, `store the manifest ${reference} of ${repository}`, 201);
    const stored = headerOf(answer, 'docker-content-digest');
    if (stored === undefined || stored === descriptor.digest) return answer;
    throw new SlipwayError('INVALID_STATE', `the registry stored ${descriptor.digest} as ${stored}`);
  }, http);

export const deleteManifest = async (http: RegistryHttp, repository: string, digest: string): Promise<void> => {
  const url = manifestUrl(http, repository, checkedDigest(digest));
  await retrying(async () => {
    const answer = await http.send({ method: 'DELETE', url, scopes: [remove(http.nameOf(repository))] });
    await discard(await expectStatus(answer, `delete the manifest ${digest} of ${repository}`, 202, 200, 404));
  }, http).catch((error: unknown) => {
    if (!hasStatus(error, 405)) throw error;
    throw new SlipwayError('NOT_IMPLEMENTED', 'the registry is set up so that nothing can be deleted', {
      cause: error,
    });
  });
};

export const listTags = async (http: RegistryHttp, repository: string): Promise<readonly string[]> => {
  const name = http.nameOf(repository);
  const tags: string[] = [];
  let url: URL | string | undefined = `/v2/${name}/tags/list?n=${PAGE}`;
  while (url !== undefined) {
    const page: URL | string = url;
    const answer = await retrying(async () => {
      const tried = await http.send({ method: 'GET', url: page, scopes: [pull(name)] });
      return expectStatus(tried, `list the tags of ${repository}`, 200, 404);
    }, http);
    if (answer.status === 404) {
      await discard(answer);
      return [];
    }
    tags.push(...(tagsSchema.parse(await readJson(answer)).tags ?? []));
    url = nextPage(answer);
  }
  return [...new Set(tags)].sort();
};

/** Where the next page is, by the Link header. */
export const nextPage = (answer: Answer): URL | undefined => {
  const next = /<([^>]+)>\s*;\s*rel="?next"?/.exec(headerOf(answer, 'link') ?? '');
  return (next?.[1] === undefined ? undefined : URL.parse(next[1], answer.url.href)) ?? undefined;
};
