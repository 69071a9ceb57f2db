import { once } from 'node:events';
import { SlipwayError } from '../../platform/errors.ts';
import { contentChanged } from './check-content.ts';
import { hasBlob } from './registry-blobs.ts';
import { push, type RegistryHttp, remove } from './registry-http.ts';
import { retrying } from './retry.ts';
import { type Answer, discard, expectStatus, headerOf } from './transport.ts';
import type { UploadContent } from './upload-content.ts';

/** An attempt that got this much further than the last does not count as failed. */
const PROGRESS_BYTES = 1024 * 1024;

/** How long a registry may take nothing before the connection is given up. */
const STALLED_MS = 60_000;

interface Upload {
  readonly http: RegistryHttp;
  readonly repository: string;
  readonly scopes: readonly string[];
  readonly content: UploadContent;
  readonly digest: string | undefined;
  /** The session; undefined before the first and after one that cannot be gone on with. */
  location: URL | undefined;
  /** Bytes that the session holds. */
  held: number;
  committing: boolean;
  /** Whether a session was gone on with in the middle. */
  resumed: boolean;
  mayResume: boolean;
  restarted: boolean;
}

/**
 * Stores a blob by one PATCH with everything in it, goes on where a broken connection left off, and learns the digest
 * on the way.
 *
 * A session is gone on with only from where the registry says it is; nothing is sent from the beginning but into a
 * session of its own. Should a registry have mixed up a session that was gone on with, all is sent again in one piece.
 *
 * @returns the digest
 * @throws SlipwayError INVALID_STATE when the content has another size or digest than it should
 * @see https://github.com/opencontainers/distribution-spec/blob/main/spec.md#pushing-blobs
 */
export const uploadBlob = async (
  http: RegistryHttp,
  repository: string,
  content: UploadContent,
  digest?: string,
): Promise<string> => {
  const upload: Upload = {
    http,
    repository,
    scopes: [push(http.nameOf(repository))],
    content,
    digest,
    location: undefined,
    held: 0,
    committing: false,
    resumed: false,
    mayResume: true,
    restarted: false,
  };
  let furthest = 0;
  const progressed = (): boolean => {
    const further = upload.held >= furthest + PROGRESS_BYTES;
    furthest = Math.max(furthest, upload.held);
    return further;
  };
  try {
    return await retrying(() => attempt(upload), { wait: http.wait, progressed });
  } catch (error) {
    await abandon(upload);
    throw error;
  }
};

const attempt = async (upload: Upload): Promise<string> => {
  const { content } = upload;
  if (upload.committing && (await isStored(upload))) return content.digest();
  upload.committing = false;
  const begun = (await goOn(upload)) ?? (await begin(upload));
  const location = upload.held < content.size ? await sendRest(upload, begun) : begun;
  const digest = content.digest();
  if (upload.digest !== undefined && upload.digest !== digest) {
    throw contentChanged({ digest: upload.digest, actual: digest });
  }
  await commit(upload, location, digest);
  return digest;
};

const isStored = ({ http, repository, content }: Upload): Promise<boolean> =>
  hasBlob(http, repository, content.digest());

const begin = async (upload: Upload): Promise<URL> => {
  const { http, repository, scopes } = upload;
  const url = `/v2/${http.nameOf(repository)}/blobs/uploads/`;
  const answer = await http.send({ method: 'POST', url, scopes, headers: { 'content-length': '0' } });
  await discard(await expectStatus(answer, `begin an upload to ${repository}`, 202));
  upload.location = http.location(answer);
  upload.held = 0;
  return upload.location;
};

/** Asks the registry how much it has of the last session, and leaves one that is gone or has nothing. */
const goOn = async (upload: Upload): Promise<URL | undefined> => {
  if (upload.location === undefined) return undefined;
  const held = upload.mayResume ? await heldBy(upload, upload.location) : 0;
  if (held > 0 && held <= upload.content.read()) {
    upload.held = held;
    upload.resumed = true;
    return upload.location;
  }
  await abandon(upload);
  return undefined;
};

const heldBy = async (upload: Upload, url: URL): Promise<number> => {
  const answer = await upload.http.send({ method: 'GET', url, scopes: upload.scopes });
  await discard(answer);
  if (answer.status !== 204 && answer.status !== 202) return 0;
  if (headerOf(answer, 'location') !== undefined) upload.location = upload.http.location(answer);
  const held = rangeEnd(answer);
  // "0-0" is what some say of an empty session too.
  return held === undefined || held === 1 ? 0 : held;
};

/** Number of bytes that the answer's Range header says are there. */
const rangeEnd = (answer: Answer): number | undefined => {
  const match = /^(?:bytes=)?0-(\d+)$/.exec(headerOf(answer, 'range') ?? '');
  return match?.[1] === undefined ? undefined : Number(match[1]) + 1;
};

/** Where to go on once the session holds everything. */
const sendRest = async (upload: Upload, url: URL): Promise<URL> => {
  const { http, content, scopes, repository, held } = upload;
  const body = await content.from(held);
  const stalled = new AbortController();
  const silence = setTimeout(() => stalled.abort(new Error('it took nothing for a minute')), STALLED_MS);
  body.on('data', () => silence.refresh());
  body.once('end', () => clearTimeout(silence));
  body.pause();
  try {
    const answer = await http.send({
      method: 'PATCH',
      url,
      scopes,
      body,
      signal: stalled.signal,
      headers: {
        'content-type': 'application/octet-stream',
        'content-length': String(content.size - held),
        ...(held > 0 ? { 'content-range': `${held}-${content.size - 1}` } : {}),
      },
    });
    if (held > 0 && [400, 404, 413, 416].includes(answer.status)) throw await cannotResume(upload, answer);
    if (answer.status === 404 || answer.status === 416) throw await sessionGone(answer);
    await discard(await expectStatus(answer, `take a blob of ${repository}`, 201, 202, 204));
    const next = headerOf(answer, 'location') === undefined ? url : http.location(answer);
    upload.location = next;
    const end = rangeEnd(answer);
    if (end !== undefined && end !== content.size) {
      // After one piece the registry may merely count in its own way, and compares digests in the end.
      const lost = await cannotResume(upload);
      if (held > 0) throw lost;
    }
    upload.held = content.size;
    return next;
  } catch (error) {
    // The body's own failure says more than that the request was broken off because of it.
    throw body.errored instanceof SlipwayError ? body.errored : error;
  } finally {
    clearTimeout(silence);
    // Two attempts must never read at the same time: they share the hash.
    body.destroy();
    if (!body.closed) await once(body, 'close').catch(() => undefined);
  }
};

const sessionGone = async (answer: Answer): Promise<SlipwayError> => {
  await discard(answer);
  return new SlipwayError('TEMPORARILY_UNAVAILABLE', 'the registry knows this upload no longer');
};

/** This registry loses count in the middle of a session: from now on all in one piece. */
const cannotResume = async (upload: Upload, answer?: Answer): Promise<SlipwayError> => {
  if (answer !== undefined) await discard(answer);
  upload.mayResume = false;
  return new SlipwayError('TEMPORARILY_UNAVAILABLE', 'the registry does not have all that it was sent');
};

const commit = async (upload: Upload, location: URL, digest: string): Promise<void> => {
  const { http, content, scopes, repository } = upload;
  const url = new URL(location);
  // Appended as text: the rest of the query is the registry's, and stays as it is.
  url.search = `${url.search === '' ? '?' : `${url.search}&`}digest=${encodeURIComponent(digest)}`;
  upload.committing = true;
  const answer = await http.send({ method: 'PUT', url, scopes, headers: { 'content-length': '0' } });
  if (answer.status === 201 || answer.status === 204) {
    await discard(answer);
    upload.location = undefined;
    return;
  }
  // It may have been stored by an attempt whose answer was lost.
  if ([400, 404, 416].includes(answer.status) && (await isStored(upload))) {
    await discard(answer);
    return;
  }
  if (mayRestart(upload, answer.status)) {
    upload.restarted = true;
    content.restart();
    throw await cannotResume(upload, answer);
  }
  await expectStatus(answer, `store a blob of ${repository}`, 201);
};

/** Once, whatever the reason; a digest that is refused although all came in one piece is simply wrong. */
const mayRestart = ({ resumed, mayResume, restarted }: Upload, status: number): boolean =>
  !restarted && (status === 404 || status === 416 || (status === 400 && (resumed || !mayResume)));

/** Frees what the registry holds for a session that nobody will go on with. It may be refused, and that is no matter. */
const abandon = async (upload: Upload): Promise<void> => {
  const { http, repository, location: url } = upload;
  if (url === undefined) return;
  upload.location = undefined;
  try {
    await discard(await http.send({ method: 'DELETE', url, scopes: [remove(http.nameOf(repository))] }));
  } catch {
    // The registry drops it by itself, later.
  }
};
