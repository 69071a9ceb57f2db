import * as z from 'zod';
import { modelReport } from '../../../shared/packaging/model/report.ts';
import { type ReportServices, reportVersion } from '../../../shared/packaging/report-version.ts';
import { defineRoute } from '../../../shared/platform/http/route.ts';

/** What versions hold and how they would be served, before anything is built. */
export const modelReportRoutes = [
  defineRoute<ReportServices>()({
    name: 'api-models-get-version-report',
    method: 'GET',
    access: 'reader',
    dialect: 'slipway',
    path: 'api/v1/models/{name}/versions/{version}/report',
    models: ({ params }) => [params.name],
    summary: 'What a model version holds, how it would be served, what is missing and what it could run',
    params: z.object({ name: z.string(), version: z.string() }),
    output: modelReport,
    handle: async ({ params }, services) => ({ json: await reportVersion(services, params) }),
  }),
];
