import type { Dispatcher, Pool } from 'undici';
import type { ModelServer } from './model-server.ts';

const CLOSED = ['ECONNRESET', 'EPIPE', 'UND_ERR_SOCKET'];

/**
 * The container's response to a request, which waits while the container is being started.
 *
 * @returns undefined when it was not ready within `timeoutMs`
 * @throws what the connection fails with, when the request may have reached the container
 */
export const deliver = async (
  server: ModelServer,
  request: Dispatcher.RequestOptions,
  timeoutMs: number,
): Promise<Dispatcher.ResponseData | undefined> => {
  const deadline = performance.now() + timeoutMs;
  for (;;) {
    const pool = server.pool ?? (await server.ready(deadline - performance.now()));
    if (!pool) return undefined;
    try {
      return await send(server, pool, request);
    } catch (error) {
      // Refused: the container is gone and has not seen the request, so the next one may have it.
      if (codeOf(error) !== 'ECONNREFUSED') throw error;
      server.suspect(pool);
    }
  }
};

/** Sends once more when a kept connection turned out to be closed although the container is up. */
const send = async (
  server: ModelServer,
  pool: Pool,
  request: Dispatcher.RequestOptions,
): Promise<Dispatcher.ResponseData> => {
  try {
    return await pool.request(request);
  } catch (error) {
    if (!CLOSED.includes(codeOf(error)) || server.pool !== pool) throw error;
    return pool.request(request).catch(() => {
      throw error;
    });
  }
};

const codeOf = (error: unknown): string => (error as { code?: string }).code ?? '';
