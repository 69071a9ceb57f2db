import type { Readable } from 'node:stream';
import { SlipwayError } from '../../platform/errors.ts';
import { hasStatus } from './registry-error.ts';
import { pull, push, type RegistryHttp, remove } from './registry-http.ts';
import { retrying } from './retry.ts';
import { checkedDigest } from './stored-manifest.ts';
import { discard, expectStatus, headerOf } from './transport.ts';

const blobUrl = (http: RegistryHttp, repository: string, digest: string): string =>
  `/v2/${http.nameOf(repository)}/blobs/${checkedDigest(digest)}`;

export const hasBlob = async (http: RegistryHttp, repository: string, digest: string): Promise<boolean> => {
  const url = blobUrl(http, repository, digest);
  return retrying(async () => {
    const answer = await http.send({ method: 'HEAD', url, scopes: [pull(http.nameOf(repository))] });
    await discard(await expectStatus(answer, `look for a blob of ${repository}`, 200, 404));
    return answer.status === 200;
  }, http);
};

export const mountBlob = async (
  http: RegistryHttp,
  repository: string,
  digest: string,
  from: string,
): Promise<boolean> => {
  const [name, source] = [http.nameOf(repository), http.nameOf(from)];
  const query = new URLSearchParams({ mount: checkedDigest(digest), from: source });
  return retrying(async () => {
    const answer = await http.send({
      method: 'POST',
      url: `/v2/${name}/blobs/uploads/?${query.toString()}`,
      scopes: [push(name), pull(source)],
      headers: { 'content-length': '0' },
    });
    // A registry that will not mount opens an upload instead, which nobody goes on with.
    if (answer.status === 202 && headerOf(answer, 'location') !== undefined) {
      await discard(answer);
      const session = http.location(answer);
      await http.send({ method: 'DELETE', url: session, scopes: [remove(name)] }).then(discard, () => undefined);
      return false;
    }
    await discard(await expectStatus(answer, `mount a blob from ${from}`, 201, 404));
    return answer.status === 201;
  }, http).catch((error: unknown) => {
    // Who may push here may be without any right there.
    if (hasStatus(error, 401, 403)) return false;
    throw error;
  });
};

export const readBlob = async (http: RegistryHttp, repository: string, digest: string): Promise<Readable> => {
  const url = blobUrl(http, repository, digest);
  const answer = await retrying(async () => {
    const tried = await http.send({ method: 'GET', url, scopes: [pull(http.nameOf(repository))] });
    return expectStatus(tried, `give a blob of ${repository}`, 200, 404);
  }, http);
  if (answer.status === 200) return answer.body;
  await discard(answer);
  throw new SlipwayError('RESOURCE_DOES_NOT_EXIST', `${repository} has no blob ${digest}`);
};
