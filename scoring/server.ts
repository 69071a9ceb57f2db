import Fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify';
import type { Logger } from 'pino';
import { bodyKind } from './content-type.ts';
import { ModelError } from './model-error.ts';
import type { Scorer } from './scorer.ts';
import { ScoringError } from './scoring-error.ts';

export interface ScoringServerOptions {
  readonly scorer: Scorer;
  readonly logger: Logger;
  readonly maxBodyBytes: number;
}

/** How one protocol wraps its answers and what it calls a failure inside the model. */
interface Protocol {
  readonly url: string;
  readonly wrap: (predictions: string) => string;
  readonly modelFailure: { readonly status: number; readonly errorCode: string };
}

const PROTOCOLS: readonly Protocol[] = [
  {
    url: '/invocations',
    wrap: (predictions) => `{"predictions":${predictions}}`,
    modelFailure: { status: 400, errorCode: 'BAD_REQUEST' },
  },
  { url: '/score', wrap: (predictions) => predictions, modelFailure: { status: 500, errorCode: 'INTERNAL_ERROR' } },
];

/** The scoring server, ready to listen: MLflow's and Azure ML's routes over one loaded model. */
export const createScoringServer = ({ scorer, logger, maxBodyBytes }: ScoringServerOptions): FastifyInstance => {
  const app = Fastify({
    bodyLimit: maxBodyBytes,
    // A connection that is kept alive may bring one more request while the server drains; it is still answered.
    return503OnClosing: false,
    forceCloseConnections: 'idle',
  });
  let closing = false;
  app.addHook('preClose', async () => {
    closing = true;
  });
  // Otherwise the last callers' connections, kept alive, would hold up the end.
  app.addHook('onSend', async (_request, reply) => {
    if (closing) reply.header('connection', 'close');
  });
  app.removeAllContentTypeParsers();
  app.addContentTypeParser('*', { parseAs: 'buffer' }, (_request, body, done) => done(null, body));
  app.setErrorHandler((error, _request, reply) => sendError(error, reply, logger));
  app.setNotFoundHandler((request, reply) =>
    sendJson(reply, 404, { error_code: 'ENDPOINT_NOT_FOUND', message: `There is no ${request.url}` }),
  );
  for (const protocol of PROTOCOLS) addScoring(app, protocol, scorer);
  addHealth(app, scorer);
  return app;
};

const addScoring = (app: FastifyInstance, { url, wrap, modelFailure }: Protocol, scorer: Scorer): void => {
  app.post(url, async (request, reply) => {
    try {
      const predictions = await scorer.score(bodyOf(request));
      return reply.code(200).type('application/json').send(wrap(predictions));
    } catch (cause) {
      if (!(cause instanceof ModelError)) throw cause;
      const message = `The model failed while predicting: ${cause.message}`;
      throw new ScoringError(modelFailure.status, modelFailure.errorCode, message);
    }
  });
  refuseOthers(app, url, ['GET', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'], 'POST');
};

const addHealth = (app: FastifyInstance, { mlflowVersion }: Scorer): void => {
  const answers: Readonly<Record<string, { readonly type: string; readonly body: string }>> = {
    '/ping': { type: 'application/json', body: '\n' },
    '/health': { type: 'application/json', body: '\n' },
    '/version': { type: 'text/plain; charset=utf-8', body: mlflowVersion ?? 'unknown' },
    // Azure ML's liveness route.
    '/': { type: 'text/plain; charset=utf-8', body: 'Healthy' },
  };
  for (const [url, { type, body }] of Object.entries(answers)) {
    app.get(url, (_request, reply) => reply.type(type).send(body));
    refuseOthers(app, url, ['POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'], 'GET, HEAD');
  }
};

const refuseOthers = (app: FastifyInstance, url: string, method: string[], allowed: string): void => {
  app.route({
    url,
    method,
    handler: (request, reply) => {
      reply.header('allow', allowed);
      const message = `${request.method} is not allowed for ${url}, only ${allowed}`;
      return sendJson(reply, 405, { error_code: 'METHOD_NOT_ALLOWED', message });
    },
  });
};

const bodyOf = ({ headers, body }: FastifyRequest): Parameters<Scorer['score']>[0] => ({
  kind: bodyKind(headers['content-type']),
  bytes: Buffer.isBuffer(body) ? body : Buffer.alloc(0),
});

const sendJson = (reply: FastifyReply, status: number, body: unknown): FastifyReply =>
  reply.code(status).type('application/json').send(JSON.stringify(body));

const sendError = (error: unknown, reply: FastifyReply, logger: Logger): FastifyReply => {
  const scoringError = toScoringError(error);
  const { status, errorCode, message } = scoringError;
  if (status >= 500) logger.error({ err: error, status, errorCode }, 'request failed');
  else logger.debug({ status, errorCode, message }, 'request refused');
  if (status === 415) return reply.code(415).type('text/plain; charset=utf-8').send(message);
  return sendJson(reply, status, { error_code: errorCode, message });
};

const toScoringError = (error: unknown): ScoringError => {
  if (error instanceof ScoringError) return error;
  const { statusCode } = error as { readonly statusCode?: number };
  const message = error instanceof Error ? error.message : String(error);
  if (statusCode === 413) return new ScoringError(413, 'PAYLOAD_TOO_LARGE', message);
  if (statusCode === 415) return new ScoringError(415, 'UNSUPPORTED_MEDIA_TYPE', message);
  if (statusCode !== undefined && statusCode < 500) return new ScoringError(statusCode, 'BAD_REQUEST', message);
  return new ScoringError(500, 'INTERNAL_ERROR', 'The scoring server failed; its log says why');
};
