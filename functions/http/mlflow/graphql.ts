import * as z from 'zod';
import { SlipwayError } from '../../../shared/platform/errors.ts';
import { type AnyRoute, defineRoute, type RequestContext } from '../../../shared/platform/http/route.ts';
import { searchVersions } from '../../../shared/registry/search-versions.ts';
import { getExperiment } from '../../../shared/tracking/experiments/get-experiment.ts';
import { getRun } from '../../../shared/tracking/runs/get-run.ts';
import { optional, required } from './fields.ts';
import { project, type Selected, selectionOf } from './graphql-selection.ts';
import { toExperimentView, toRunView } from './run-views.ts';
import type { MlflowServices } from './services.ts';
import { toVersionView } from './views.ts';

type Resolve = (input: Input, services: MlflowServices, context: RequestContext) => Promise<object>;
type Input = z.output<typeof inputSchema>;

const inputSchema = z.object({ runId: z.string().default(''), experimentId: z.string().default('') });

/** The two pages of MLflow's browser UI that ask in GraphQL; lists are there even when they are empty. */
const RESOLVERS: ReadonlyMap<string, Resolve> = new Map<string, Resolve>([
  [
    'mlflowGetRun',
    async ({ runId }, services, { caller }) => {
      const run = await getRun(services, runId);
      const [experiment, versions] = await Promise.all([
        getExperiment(services, run.experimentId),
        searchVersions(services, { filter: `run_id = '${run.runId}'` }, caller.scope('reader')),
      ]);
      const { info, data, inputs, outputs } = toRunView(run);
      return {
        run: {
          info,
          experiment: { tags: [], ...toExperimentView(experiment) },
          model_versions: versions.items.map(toVersionView),
          data: { metrics: [], params: [], tags: [], ...data },
          inputs: {
            dataset_inputs: (inputs.dataset_inputs ?? []).map((dataset) => ({ tags: [], ...dataset })),
            model_inputs: inputs.model_inputs ?? [],
          },
          outputs: { model_outputs: [], ...outputs },
        },
      };
    },
  ],
  [
    'mlflowGetExperiment',
    async ({ experimentId }, services) => ({
      experiment: { tags: [], ...toExperimentView(await getExperiment(services, experimentId)) },
    }),
  ],
]);

const isTheCallers = (error: unknown): error is SlipwayError =>
  error instanceof SlipwayError &&
  (error.code === 'RESOURCE_DOES_NOT_EXIST' || error.code === 'INVALID_PARAMETER_VALUE');

const resolved = async (
  field: Selected,
  variables: Readonly<Record<string, unknown>>,
  services: MlflowServices,
  context: RequestContext,
): Promise<unknown> => {
  const resolve = RESOLVERS.get(field.name);
  if (resolve === undefined) {
    throw new SlipwayError('BAD_REQUEST', `'${field.name}' is not served in GraphQL; the REST API may have it`);
  }
  // Each query has one variable, whose name is the query's own affair.
  const input = inputSchema.safeParse(Object.values(variables)[0]);
  const answer = await resolve(input.success ? input.data : { runId: '', experimentId: '' }, services, context).catch(
    (error: unknown) => {
      if (!isTheCallers(error)) throw error;
      return { api_error: { code: error.code, message: error.message } };
    },
  );
  return project(answer, field.fields, `${field.name}Response`);
};

/** What MLflow's browser UI asks in GraphQL: one run, or one experiment. */
export const graphqlRoute: AnyRoute<MlflowServices> = defineRoute<MlflowServices>()({
  name: 'mlflow-graphql',
  method: 'POST',
  path: 'graphql',
  access: 'reader',
  dialect: 'mlflow',
  summary: "What MLflow's browser UI asks in GraphQL: `mlflowGetRun` and `mlflowGetExperiment`",
  body: z.object({
    operationName: optional('operationName'),
    query: required('query'),
    variables: z.record(z.string(), z.unknown()).default({}).catch({}),
  }),
  output: z.object({ data: z.record(z.string(), z.unknown()) }),
  async handle({ body: { query, variables } }, services, context) {
    const data: Record<string, unknown> = {};
    for (const field of selectionOf(query)) data[field.as] = await resolved(field, variables, services, context);
    return { json: { data } };
  },
});
