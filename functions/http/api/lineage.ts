import * as z from 'zod';
import { lineageSchema } from '../../../shared/lineage/lineage.ts';
import { readLineage } from '../../../shared/lineage/read-lineage.ts';
import type { LineageServices } from '../../../shared/lineage/services.ts';
import { defineRoute } from '../../../shared/platform/http/route.ts';

/** Where versions came from and what became of them. */
export const lineageRoutes = [
  defineRoute<LineageServices>()({
    name: 'api-models-get-version-lineage',
    method: 'GET',
    access: 'reader',
    dialect: 'slipway',
    path: 'api/v1/models/{name}/versions/{version}/lineage',
    models: ({ params }) => [params.name],
    summary: 'Where a model version came from and what became of it, also after it was deleted',
    params: z.object({ name: z.string(), version: z.string() }),
    output: lineageSchema,
    async handle({ params }, services, { caller }) {
      const lineage = await readLineage(services, params);
      // Asked for by an old name, it tells of the model under its new one.
      caller.require('reader', lineage.name);
      return { json: lineage };
    },
  }),
];
