import type { FastifyPluginAsync } from 'fastify';
import { createEventGrid } from './create-event-grid.ts';
import type { EventGridEmulatorOptions } from './options.ts';

/** The emulator as one plugin that opens and closes with the server it is registered on. */
export const eventGridEmulator =
  (options: EventGridEmulatorOptions): FastifyPluginAsync =>
  async (server) => {
    const grid = await createEventGrid(options);
    server.addHook('onClose', () => grid.close());
    await server.register(grid.plugin);
  };
