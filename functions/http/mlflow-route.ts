import type * as z from 'zod';
import type { Role } from '../../shared/platform/access/role.ts';
import {
  type AnyRoute,
  defineRoute,
  type HttpAnswer,
  type Method,
  type RequestContext,
} from '../../shared/platform/http/route.ts';
import type { MlflowServices } from './mlflow-services.ts';

/** One call of the MLflow API, without what all of them have in common. */
interface MlflowCall<Fields extends z.ZodObject> {
  /** Function name without `mlflow-`. */
  readonly name: string;
  readonly method: Method;
  /** Below `/api/2.0/mlflow/`. */
  readonly path: string;
  readonly summary: string;
  /** Default: `reader` for a GET, `publisher` for everything else. */
  readonly access?: Role;
  /** What is asked: in the query of a GET, in the JSON body of everything else, DELETE included. */
  readonly fields: Fields;
  /** Absent: the answer is `{}`. */
  readonly output?: z.ZodType;
  /** The JSON to answer; nothing for `{}`. */
  readonly run: (fields: z.output<Fields>, services: MlflowServices, context: RequestContext) => Promise<unknown>;
}

/** The call as a route, relative to the root of the MLflow API. */
export const mlflowCall = <Fields extends z.ZodObject>(call: MlflowCall<Fields>): AnyRoute<MlflowServices> => {
  const { name, method, path, summary, fields, run } = call;
  const base = {
    name: `mlflow-${name}`,
    method,
    path: `mlflow/${path}`,
    summary,
    access: call.access ?? (method === 'GET' ? 'reader' : 'publisher'),
    dialect: 'mlflow',
    ...(call.output === undefined ? {} : { output: call.output }),
  } as const;
  const answerWith = async (
    asked: unknown,
    services: MlflowServices,
    context: RequestContext,
  ): Promise<HttpAnswer> => ({
    json: (await run(asked as z.output<Fields>, services, context)) ?? {},
  });
  return method === 'GET'
    ? defineRoute<MlflowServices>()({
        ...base,
        query: fields,
        handle: ({ query }, services, context) => answerWith(query, services, context),
      })
    : defineRoute<MlflowServices>()({
        ...base,
        body: fields,
        handle: ({ body }, services, context) => answerWith(body, services, context),
      });
};

/** The route at both places that MLflow has it: for clients and for its browser UI. */
export const mounted = (route: AnyRoute<MlflowServices>): readonly AnyRoute<MlflowServices>[] => [
  { ...route, path: `api/2.0/${route.path}` },
  { ...route, path: `ajax-api/2.0/${route.path}`, name: route.name.replace(/^mlflow-/, 'mlflow-ajax-') },
];
