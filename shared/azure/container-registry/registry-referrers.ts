import type { Referrer, StoredDocument } from '../../packaging/image/ports.ts';
import { referrersIn, referrerTag, withoutReferrer, withReferrer } from './referrer-index.ts';
import { pull, type RegistryHttp } from './registry-http.ts';
import { deleteManifest, nextPage, putManifest, readManifest, sendManifest } from './registry-manifests.ts';
import { retrying } from './retry.ts';
import { checkedDigest, INDEX_MEDIA_TYPE, parseManifest, referrerOf, subjectOf } from './stored-manifest.ts';
import { discard, expectStatus, headerOf, readJson } from './transport.ts';

/** What refers to a digest, in a registry that keeps the list itself or where we keep it under a tag. */
export interface RegistryReferrers {
  list(repository: string, digest: string): Promise<readonly Referrer[]>;
  put(repository: string, manifest: StoredDocument): Promise<void>;
  /** Deletes any manifest, and takes it from the list of what it refers to. */
  delete(repository: string, digest: string): Promise<void>;
}

export const createRegistryReferrers = (http: RegistryHttp): RegistryReferrers => {
  const running = new Map<string, Promise<void>>();

  /** The registry cannot change a tag only if it is as it was read: within this process, one after the other. */
  const inTurn = (repository: string, subject: string, change: () => Promise<void>): Promise<void> => {
    const key = `${repository}@${subject}`;
    const mine = (running.get(key) ?? Promise.resolve()).catch(() => undefined).then(change);
    running.set(key, mine);
    const forget = (): void => {
      if (running.get(key) === mine) running.delete(key);
    };
    mine.then(forget, forget);
    return mine;
  };

  return {
    list: async (repository, digest) => (await listed(http, repository, digest)) ?? tagged(http, repository, digest),

    put: async (repository, manifest) => {
      const subject = subjectOf(manifest);
      const answer = await sendManifest(http, repository, manifest, manifest.descriptor.digest);
      await discard(answer);
      if (headerOf(answer, 'oci-subject') !== undefined) return;
      await inTurn(repository, subject, async () => {
        const index = withReferrer(await tagged(http, repository, subject), referrerOf(manifest));
        await putManifest(http, repository, index, referrerTag(subject));
      });
    },

    delete: async (repository, digest) => {
      const found = await readManifest(http, repository, digest);
      if (found === undefined) return;
      await deleteManifest(http, repository, digest);
      const subject = parseManifest(found.bytes)?.subject?.digest;
      if (subject === undefined) return;
      await inTurn(repository, subject, async () => {
        const known = await tagged(http, repository, subject);
        if (!known.some((entry) => entry.digest === digest)) return;
        await putManifest(http, repository, withoutReferrer(known, digest), referrerTag(subject));
      });
    },
  };
};

const tagged = async (http: RegistryHttp, repository: string, digest: string): Promise<readonly Referrer[]> => {
  const found = await readManifest(http, repository, referrerTag(digest));
  return found === undefined ? [] : referrersIn(JSON.parse(new TextDecoder().decode(found.bytes)));
};

/** By the registry's own list; undefined when it keeps none. */
const listed = async (
  http: RegistryHttp,
  repository: string,
  digest: string,
): Promise<readonly Referrer[] | undefined> => {
  const name = http.nameOf(repository);
  const manifests: unknown[] = [];
  let url: URL | string | undefined = `/v2/${name}/referrers/${checkedDigest(digest)}`;
  while (url !== undefined) {
    const page: URL | string = url;
    const answer = await retrying(async () => {
      const tried = await http.send({ method: 'GET', url: page, scopes: [pull(name)] });
      return expectStatus(tried, `list what refers to ${digest}`, 200, 400, 404, 405);
    }, http);
    if (answer.status !== 200 || !headerOf(answer, 'content-type')?.startsWith(INDEX_MEDIA_TYPE)) {
      await discard(answer);
      return undefined;
    }
    manifests.push(...referrersIn(await readJson(answer)));
    url = nextPage(answer);
  }
  return referrersIn({ manifests });
};
