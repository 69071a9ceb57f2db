import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type FoundFile, findWheel } from '../wheels/fetch-wheel.ts';
import type { WheelIndex } from '../wheels/wheel-index.ts';

/** The indexes as the resolver sees them, on a port of loopback. */
export interface IndexGate {
  /** One URL per index, in the order given. */
  readonly urls: readonly string[];
  /** What an index failed with first, if one did: the resolver knows of it only as a status. */
  readonly failure: () => unknown;
  /** Text of the resolver as people may read it: with the names of the indexes in place of the gate's URLs. */
  readonly named: (text: string) => string;
  close(): Promise<void>;
}

export interface IndexGateOptions {
  readonly indexes: readonly WheelIndex[];
  /** The METADATA of a wheel that its index does not give apart from it. */
  readonly metadataOf: (found: FoundFile) => Promise<string>;
}

/**
 * Stands between the resolver and the indexes. The resolver speaks to nobody else: where requests may go, which
 * credential they carry and what is kept of the answers is decided here, not in another program.
 */
export const openIndexGate = async ({ indexes, metadataOf }: IndexGateOptions): Promise<IndexGate> => {
  const secret = randomUUID();
  let failure: unknown;

  const answer = async (path: string, response: ServerResponse): Promise<void> => {
    const [, key, number = '', kind, project = '', sha256 = '', name = ''] = path.split('/').map(decodeURIComponent);
    const index = key === secret ? indexes[Number(number)] : undefined;
    const base = `${origin()}/${secret}/${number}`;
    if (index !== undefined && kind === 'simple') return sendPage(response, index, { project, base });
    // The files themselves are never asked for: each is offered with its metadata, and nothing is installed here.
    if (index === undefined || kind !== 'files' || !name.endsWith('.metadata')) return notFound(response);
    const found = await findWheel([index], { name: project, sha256s: [sha256] });
    if (found === undefined) return notFound(response);
    const text = await metadataOf(found);
    response.setHeader('content-type', 'text/plain; charset=utf-8').end(text);
  };

  const server = createServer((request, response) => {
    answer(request.url ?? '/', response).catch((cause: unknown) => {
      failure ??= cause;
      if (!response.headersSent) response.statusCode = 502;
      response.end();
    });
  });
  const origin = (): string => `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');

  const rootOf = (index: number): string => `${origin()}/${secret}/${index}`;
  return {
    urls: indexes.map((_, index) => `${rootOf(index)}/simple`),
    failure: () => failure,
    named: (text) =>
      indexes.reduce((named, { name }, index) => named.replaceAll(`${rootOf(index)}/`, `${name}: `), text),
    close: async () => {
      server.close();
      server.closeAllConnections();
    },
  };
};

const sendPage = async (
  response: ServerResponse,
  index: WheelIndex,
  { project, base }: { readonly project: string; readonly base: string },
): Promise<void> => {
  const files = await index.filesOf(project);
  if (files === undefined) return notFound(response);
  const page = {
    meta: { 'api-version': '1.0' },
    name: project,
    files: files.map(({ fileName, sha256 = '', requiresPython, yanked, size }) => ({
      filename: fileName,
      url: `${base}/files/${project}/${sha256}/${encodeURIComponent(fileName)}`,
      hashes: { sha256 },
      size,
      'requires-python': requiresPython,
      yanked: yanked === undefined ? false : yanked || true,
      'core-metadata': fileName.endsWith('.whl'),
    })),
  };
  response.setHeader('content-type', 'application/vnd.pypi.simple.v1+json').end(JSON.stringify(page));
};

const notFound = (response: ServerResponse): void => {
  response.statusCode = 404;
  response.end();
};
