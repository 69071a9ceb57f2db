import { pino } from 'pino';
import { readScoringConfig } from './config.ts';
import { loadOnnxModel } from './onnx-model.ts';
import { createScoringServer } from './server.ts';

/** How long requests in flight may take after SIGTERM before the process ends anyway. */
const DRAIN_MS = 10_000;

const start = async (): Promise<void> => {
  const config = readScoringConfig(process.env);
  const logger = pino({ level: config.logLevel });
  const model = await loadOnnxModel(config.modelFolder, config);
  const app = createScoringServer({ model, logger, maxBodyBytes: config.maxBodyBytes });
  const stop = (signal: string): void => {
    logger.info({ signal }, 'stopping');
    setTimeout(() => process.exit(1), DRAIN_MS).unref();
    app.close().then(
      () => process.exit(0),
      () => process.exit(1),
    );
  };
  process.once('SIGTERM', stop);
  process.once('SIGINT', stop);
  await app.listen({ host: config.host, port: config.port });
  const address = app.server.address();
  logger.info({ port: typeof address === 'object' ? address?.port : config.port }, 'listening');
};

start().catch((error: unknown) => {
  pino().fatal({ err: error }, 'the scoring server could not start');
  process.exitCode = 1;
});
