import Fastify from 'fastify';
import { eventGridEmulator } from '../../../local/event-grid/event-grid-emulator.ts';
import { CLOUD_TOPIC } from '../../support/event-grid.ts';

// Started by durability.test.ts, which kills it: the emulator on the data directory given as argument.
const server = Fastify();
await server.register(eventGridEmulator({ topics: [CLOUD_TOPIC], dataDir: process.argv[2] ?? '', timeScale: 0.001 }));
const url = await server.listen({ host: '127.0.0.1', port: 0 });
process.stdout.write(`${url}\n`);
