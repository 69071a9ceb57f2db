import type { FastifyInstance } from 'fastify';
import * as z from 'zod';
import { faultsSchema } from './faults.ts';
import type { Workspace } from './workspace.ts';

const PATH = '/_emulator/machine-learning/faults';

/** Misbehaviour on demand: PUT merges, DELETE clears, all answer what is set now. */
export const registerFaultRoutes = (app: FastifyInstance, { faults }: Workspace): void => {
  app.get(PATH, () => faults.settings);
  app.put(PATH, (request, reply) => {
    const parsed = faultsSchema.safeParse(request.body);
    if (!parsed.success) return reply.code(400).send({ error: z.prettifyError(parsed.error) });
    faults.merge(parsed.data);
    return faults.settings;
  });
  app.delete(PATH, () => {
    faults.clear();
    return faults.settings;
  });
};
