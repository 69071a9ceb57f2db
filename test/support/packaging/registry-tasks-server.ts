import type { AddressInfo } from 'node:net';
import { gunzipSync } from 'node:zlib';
import fastify from 'fastify';

export interface RecordedCall {
  readonly method: string;
  readonly path: string;
  readonly apiVersion: string | undefined;
  readonly authorization: string | undefined;
  readonly body: unknown;
}

export const REGISTRY_ID = '/subscriptions/s/resourceGroups/g/providers/Microsoft.ContainerRegistry/registries/example';

/** The ARM surface of a registry's tasks, as it is documented: one run, whose state the test decides. */
export const startRegistryTasksServer = async () => {
  const server = fastify({ forceCloseConnections: true });
  const calls: RecordedCall[] = [];
  const uploads: { readonly headers: Readonly<Record<string, unknown>>; readonly tar: Buffer }[] = [];
  const state = {
    status: 'Queued',
    log: '',
    runErrorMessage: null as string | null,
    digest: `sha256:${'0'.repeat(64)}`,
    refusal: undefined as { readonly status: number; readonly code: string; readonly message: string } | undefined,
    logStatus: 200,
  };
  server.addContentTypeParser('application/gzip', { parseAs: 'buffer' }, (_, body, done) => done(null, body));
  server.addHook('preHandler', async (request) => {
    const { pathname, searchParams } = new URL(request.url, 'http://x');
    calls.push({
      method: request.method,
      path: pathname.replace(REGISTRY_ID, ''),
      apiVersion: searchParams.get('api-version') ?? undefined,
      authorization: request.headers.authorization,
      body: Buffer.isBuffer(request.body) ? undefined : request.body,
    });
  });
  const address = (): string => {
    const listening = server.server.address();
    return `http://127.0.0.1:${(listening as AddressInfo).port}`;
  };
  server.post(`${REGISTRY_ID}/listBuildSourceUploadUrl`, async () => ({
    uploadUrl: `${address()}/upload/source.tar.gz?sig=secret`,
    relativePath: 'tasks-source/source.tar.gz',
  }));
  server.put('/upload/source.tar.gz', async (request, reply) => {
    uploads.push({ headers: request.headers, tar: gunzipSync(request.body as Buffer) });
    return reply.code(201).send();
  });
  const run = (runId: string) => ({
    id: `${REGISTRY_ID}/runs/${runId}`,
    name: runId,
    type: 'Microsoft.ContainerRegistry/registries/runs',
    properties: {
      runId,
      status: state.status,
      runType: 'QuickBuild',
      runErrorMessage: state.runErrorMessage,
      outputImages:
        state.status === 'Succeeded'
          ? [{ registry: 'example.azurecr.io', repository: 'env/python', tag: 'key', digest: state.digest }]
          : [],
    },
  });
  server.post(`${REGISTRY_ID}/scheduleRun`, async (_, reply) => {
    const { refusal } = state;
    if (refusal === undefined) return reply.code(202).send(run('ca1'));
    return reply.code(refusal.status).send({ error: { code: refusal.code, message: refusal.message } });
  });
  server.get(`${REGISTRY_ID}/runs/:runId`, async (request) => run((request.params as { runId: string }).runId));
  server.post(`${REGISTRY_ID}/runs/:runId/listLogSasUrl`, async () => ({ logLink: `${address()}/log?sig=secret` }));
  server.post(`${REGISTRY_ID}/runs/:runId/cancel`, async (_, reply) => reply.code(202).send());
  server.get('/log', async (_, reply) => reply.code(state.logStatus).type('text/plain').send(state.log));
  await server.listen({ host: '127.0.0.1', port: 0 });
  return { url: address(), calls, uploads, state, close: () => server.close() };
};
