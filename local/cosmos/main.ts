import { parseArgs } from 'node:util';
import { startCosmosEmulator } from './start-cosmos-emulator.ts';

/** Run as a process: one JSON line when it listens, a clean end on SIGTERM. The key comes from the environment. */
const { values } = parseArgs({
  options: { port: { type: 'string', default: '0' }, host: { type: 'string' }, 'data-dir': { type: 'string' } },
});
const key = process.env['COSMOS_EMULATOR_KEY'];
if (key === undefined || key === '') throw new Error('COSMOS_EMULATOR_KEY is not set');

const emulator = await startCosmosEmulator({
  port: Number(values.port),
  key,
  ...(values.host === undefined ? {} : { host: values.host }),
  ...(values['data-dir'] === undefined ? {} : { dataDir: values['data-dir'] }),
});

const stop = (): void => {
  emulator.close().then(
    () => process.exit(0),
    (error: unknown) => {
      console.error(error);
      process.exit(1);
    },
  );
};
process.once('SIGTERM', stop);
process.once('SIGINT', stop);
console.log(JSON.stringify({ ready: true, url: emulator.url }));
