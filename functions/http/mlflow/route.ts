import * as z from 'zod';
import type { Role } from '../../../shared/platform/access/role.ts';
import {
  type AnyRoute,
  defineRoute,
  type HttpAnswer,
  type Method,
  type RequestContext,
} from '../../../shared/platform/http/route.ts';
import type { MlflowServices } from './services.ts';

/** One call of the MLflow API, without what all of them have in common. */
interface MlflowCall<Fields extends z.ZodObject, Params extends z.ZodObject> {
  /** Function name without `mlflow-`. */
  readonly name: string;
  readonly method: Method;
  /** Below `/api/2.0/mlflow/`. */
  readonly path: string;
  /** Of the path; they win over fields of the same name. */
  readonly params?: Params;
  readonly summary: string;
  /** Default: `reader` for a GET, `publisher` for everything else. */
  readonly access?: Role;
  /** Registered models that a call is about; see `Route`. */
  readonly models?: 'all' | ((fields: z.output<Fields> & z.output<Params>) => readonly string[]);
  /** What is asked: in the query of a GET, in the JSON body of everything else, DELETE included. */
  readonly fields: Fields;
  /** Absent: the answer is `{}`. */
  readonly output?: z.ZodType;
  /** The JSON to answer; nothing for `{}`. */
  readonly run: (
    fields: z.output<Fields> & z.output<Params>,
    services: MlflowServices,
    context: RequestContext,
  ) => Promise<unknown>;
}

const NO_PARAMS = z.object({});

/** Selects the model of calls that name one. */
export const byName = ({ name }: { readonly name: string }): readonly string[] => [name];

/** The call as a route, relative to the root of the MLflow API. */
export const mlflowCall = <Fields extends z.ZodObject, Params extends z.ZodObject = typeof NO_PARAMS>(
  call: MlflowCall<Fields, Params>,
): AnyRoute<MlflowServices> => {
  const { name, method, path, summary, fields, models, run } = call;
  type Asked = z.output<Fields> & z.output<Params>;
  const modelsOf = ({ query, body, params }: { query?: object; body?: object; params?: object | undefined }) =>
    typeof models === 'function' ? models({ ...query, ...body, ...params } as Asked) : [];
  const base = {
    name: `mlflow-${name}`,
    method,
    path: `mlflow/${path}`,
    summary,
    access: call.access ?? (method === 'GET' ? 'reader' : 'publisher'),
    dialect: 'mlflow',
    ...(models === undefined ? {} : { models: models === 'all' ? models : modelsOf }),
    ...(call.output === undefined ? {} : { output: call.output }),
    ...(call.params === undefined ? {} : { params: call.params as z.ZodObject }),
  } as const;
  const answerWith = async (
    asked: object,
    params: object | undefined,
    services: MlflowServices,
    context: RequestContext,
  ): Promise<HttpAnswer> => ({
    json: (await run({ ...asked, ...params } as Asked, services, context)) ?? {},
  });
  return method === 'GET'
    ? defineRoute<MlflowServices>()({
        ...base,
        query: fields,
        handle: ({ query, params }, services, context) => answerWith(query, params, services, context),
      })
    : defineRoute<MlflowServices>()({
        ...base,
        body: fields,
        handle: ({ body, params }, services, context) => answerWith(body, params, services, context),
      });
};

/** The route at both places that MLflow has it: for clients and for its browser UI. */
export const mounted = (route: AnyRoute<MlflowServices>): readonly AnyRoute<MlflowServices>[] => [
  { ...route, path: `api/2.0/${route.path}` },
  { ...route, path: `ajax-api/2.0/${route.path}`, name: route.name.replace(/^mlflow-/, 'mlflow-ajax-') },
];
