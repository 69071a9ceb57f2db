import { isMainThread } from 'node:worker_threads';
import { pino } from 'pino';
import { readScoringConfig } from './config.ts';
import { createScoringServer } from './server.ts';
import { runWorker } from './worker.ts';
import { startWorkerPool } from './worker-pool.ts';

/** How long requests in flight may take after SIGTERM before the process ends anyway. */
const DRAIN_MS = 10_000;

const start = async (): Promise<void> => {
  const config = readScoringConfig(process.env);
  const logger = pino({ level: config.logLevel });
  const scorer = await startWorkerPool({
    ...config,
    entry: new URL(import.meta.url),
    onLost: (error) => {
      logger.fatal({ err: error }, 'a worker thread was lost');
      process.exit(1);
    },
  });
  const app = createScoringServer({ scorer, logger, maxBodyBytes: config.maxBodyBytes });
  // Node's own exit waits for a graph that still runs. The first process of a container cannot kill itself; there the
  // platform's patience decides.
  const end = (code: number): void => {
    if (scorer.isBusy()) process.kill(process.pid, 'SIGKILL');
    process.exit(code);
  };
  const stop = (signal: string): void => {
    logger.info({ signal }, 'stopping');
    setTimeout(() => {
      logger.error('stopped before the last predictions ended');
      end(1);
    }, DRAIN_MS).unref();
    app.close().then(
      () => end(0),
      () => end(1),
    );
  };
  process.once('SIGTERM', stop);
  process.once('SIGINT', stop);
  await app.listen({ host: config.host, port: config.port });
  const address = app.server.address();
  logger.info({ port: typeof address === 'object' ? address?.port : config.port }, 'listening');
};

if (isMainThread) {
  start().catch((error: unknown) => {
    const message = error instanceof Error ? error.message : String(error);
    pino().fatal({ err: error }, `the scoring server could not start: ${message}`);
    process.exitCode = 1;
  });
} else {
  await runWorker();
}
