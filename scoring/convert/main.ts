import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import fastify from 'fastify';
import * as z from 'zod';
import { createConversions } from './conversions.ts';
import { conversionRoutes } from './server.ts';

const MINORS = ['3.10', '3.11', '3.12', '3.13'];

const environment = z.object({
  PORT: z.coerce.number().int().min(0).max(65_535).default(8080),
  HOST: z.string().min(1).default('0.0.0.0'),
  CONVERTER_KEY: z.string().min(16),
  CONVERTER_FOLDER: z.string().min(1).default('/tmp/slipway-converter'),
});

/** Interpreters on PATH by minor version. */
const findPythons = async (): Promise<Readonly<Record<string, string>>> => {
  const found = MINORS.map(async (minor) => {
    const question = ['-c', 'import sys; print(sys.executable)'];
    const answer = await promisify(execFile)(`python${minor}`, question).catch(() => undefined);
    return answer === undefined ? [] : [[minor, answer.stdout.trim()] as const];
  });
  return Object.fromEntries((await Promise.all(found)).flat());
};

/** The converter by itself, as a container runs it. */
const { PORT: port, HOST: host, CONVERTER_KEY: key, CONVERTER_FOLDER: folder } = environment.parse(process.env);
const app = fastify({ logger: true });
await app.register(conversionRoutes({ conversions: createConversions({ folder, pythons: await findPythons() }), key }));
for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => void app.close());
await app.listen({ port, host });
