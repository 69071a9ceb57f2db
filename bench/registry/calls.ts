import type { Call } from '../support/load.ts';
import { modelName, type Size, VERSIONS_PER_MODEL } from './catalogue.ts';

const API = '/api/2.0/mlflow';
const PAGE = 20;

/** Another model at every call, the same ones for every server: a stride that is prime to any number of models. */
const modelOf = (n: number, { models }: Size): string => modelName((n * 7_919) % models);

const query = (fields: Readonly<Record<string, string>>): string => new URLSearchParams(fields).toString();

/** The measured calls, as any client of MLflow's REST API sends them. */
export const CALLS: readonly {
  readonly name: string;
  readonly kind: 'read' | 'write';
  call(n: number, size: Size): Call;
}[] = [
  {
    name: 'get by alias',
    kind: 'read',
    call: (n, size) => ({
      method: 'GET',
      path: `${API}/registered-models/alias?${query({ name: modelOf(n, size), alias: 'champion' })}`,
    }),
  },
  {
    name: `search page of ${PAGE}`,
    kind: 'read',
    call: (n, size) => ({
      method: 'GET',
      path: `${API}/model-versions/search?${query({ filter: `name = '${modelOf(n, size)}'`, max_results: String(PAGE) })}`,
    }),
  },
  {
    name: 'set tag',
    kind: 'write',
    call: (n, size) => ({
      method: 'POST',
      path: `${API}/model-versions/set-tag`,
      body: {
        name: modelOf(n, size),
        version: String(1 + (Math.floor(n / size.models) % VERSIONS_PER_MODEL)),
        key: 'measured',
        value: String(n),
      },
    }),
  },
  {
    name: 'create version',
    kind: 'write',
    call: (n, size) => ({
      method: 'POST',
      path: `${API}/model-versions/create`,
      body: { name: modelOf(n, size), source: `s3://models/${n}/artifacts` },
    }),
  },
];
