import { randomUUID } from 'node:crypto';
import Fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify';
import { parseAddress } from '../address.ts';
import { authorize } from '../authorization.ts';
import { CosmosError, codeOf, tooLarge } from '../cosmos-error.ts';
import { Faults, InjectedFault } from '../faults.ts';
import { failedCharge } from '../request-charge.ts';
import { route } from '../routes/route.ts';
import type { Storage } from '../storage/open-storage.ts';
import { type CosmosReply, type CosmosRequest, jsonBody } from './exchange.ts';

export interface CosmosServerOptions {
  readonly key: string;
  /** Resolves when the data is read back; requests wait for it. */
  readonly storage: Promise<Storage>;
  readonly url: () => string;
}

/** Room for a 2 MB batch in JSON; what an item may be is checked on the item. */
const MAX_BODY_BYTES = 6 * 1024 * 1024;
const FAULTS_PATH = '/_emulator/faults';
const HEALTH_PATH = '/_emulator/health';

const toRequest = ({ method, raw, headers, body }: FastifyRequest, path: string): CosmosRequest => ({
  method,
  address: parseAddress(path.split('?')[0] ?? ''),
  headers: raw.headers ?? headers,
  body: typeof body === 'string' ? body : '',
});

const errorReply = (error: CosmosError): CosmosReply => {
  const retryAfterMs = error instanceof InjectedFault ? error.retryAfterMs : undefined;
  return {
    status: error.status,
    body: { code: codeOf(error.status), message: error.message },
    charge: failedCharge,
    headers: {
      ...(error.substatus === undefined ? {} : { 'x-ms-substatus': String(error.substatus) }),
      ...(retryAfterMs === undefined ? {} : { 'x-ms-retry-after-ms': String(retryAfterMs) }),
    },
  };
};

/** @throws the error itself when it is no refusal but a defect */
const refusal = (error: unknown): CosmosReply => {
  if (error instanceof CosmosError) return errorReply(error);
  if ((error as { statusCode?: unknown }).statusCode === 413) return errorReply(tooLarge());
  const message = error instanceof Error ? error.message : String(error);
  return errorReply(new CosmosError(500, message));
};

const send = (reply: FastifyReply, { status, body, headers, charge }: CosmosReply): FastifyReply => {
  if (status === 0) {
    reply.hijack();
    reply.raw.destroy();
    return reply;
  }
  void reply
    .code(status)
    .headers({ 'x-ms-activity-id': randomUUID(), 'x-ms-request-charge': String(charge ?? 1), ...headers });
  if (body === undefined) return reply.send();
  return reply.type('application/json').send(typeof body === 'string' ? body : JSON.stringify(body));
};

const emulatorRoutes = (server: FastifyInstance, faults: Faults, key: string): void => {
  server.get(HEALTH_PATH, () => ({ status: 'healthy' }));
  server.route({
    method: ['POST', 'DELETE'],
    url: FAULTS_PATH,
    handler: (request, reply) => {
      if (request.headers['x-emulator-key'] !== key) return send(reply, errorReply(new CosmosError(401, 'Wrong key.')));
      if (request.method === 'DELETE') faults.clear();
      else faults.arm(jsonBody(toRequest(request, '')));
      return send(reply, { status: 204 });
    },
  });
};

/** The server of the REST surface. It answers a request when everything that the answer tells is on disk. */
export const createCosmosServer = ({ key, storage, url }: CosmosServerOptions): FastifyInstance => {
  const server = Fastify({ bodyLimit: MAX_BODY_BYTES });
  const faults = new Faults();
  server.removeAllContentTypeParsers();
  server.addContentTypeParser('*', { parseAs: 'string' }, (_request, body, done) => done(null, body));
  server.setErrorHandler((error, _request, reply) => send(reply, refusal(error)));
  emulatorRoutes(server, faults, key);

  const answer = async (request: FastifyRequest): Promise<CosmosReply> => {
    const { account, journal } = await storage;
    const path = request.raw.url ?? '/';
    const cosmosRequest = toRequest(request, path);
    const { method, address } = cosmosRequest;
    const { authorization, 'x-ms-date': date } = request.headers;
    authorize(key, { method, address, authorization, date: Array.isArray(date) ? date[0] : date });
    faults.strike('before', method, path);
    // A refusal waits for the disk as well: "exists already" must not be said of what a kill could still undo.
    const reply = await route(account, cosmosRequest, url()).catch(refusal);
    await journal.durable().catch(() => {
      throw new CosmosError(503, 'The journal cannot be written.');
    });
    faults.strike('after', method, path);
    return reply;
  };
  server.all('/*', async (request, reply) => send(reply, await answer(request).catch(refusal)));
  return server;
};
