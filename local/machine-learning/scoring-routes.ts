import type { FastifyInstance } from 'fastify';
import type { Scoring } from './scoring.ts';
import { platformAnswer } from './scoring-answer.ts';

/** `POST /endpoints/{endpoint}/score`: bodies are opaque bytes. */
export const registerScoringRoutes = (app: FastifyInstance, scoring: Scoring, maxRequestBytes: number): void => {
  app.removeAllContentTypeParsers();
  const options = { parseAs: 'buffer', bodyLimit: maxRequestBytes } as const;
  app.addContentTypeParser('*', options, (_request, body, done) => done(null, body));
  app.setErrorHandler((error: { statusCode?: number; message: string }, _request, reply) => {
    const status = error.statusCode ?? 500;
    const code = status === 413 ? 'PayloadTooLarge' : 'InternalServerError';
    return reply
      .code(status)
      .type('application/json')
      .send(platformAnswer(status, code, error.message).body);
  });
  app.post<{ Params: { endpoint: string } }>(
    '/endpoints/:endpoint/score',
    { bodyLimit: maxRequestBytes },
    async (request, reply) => {
      const body = Buffer.isBuffer(request.body) ? request.body : Buffer.alloc(0);
      const answer = await scoring.score({ endpoint: request.params.endpoint, headers: request.headers, body });
      return reply.code(answer.status).headers(answer.headers).send(answer.body);
    },
  );
};
