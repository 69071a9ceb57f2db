import { describe, expect, it } from 'vitest';
import { apiRoutes } from '../../functions/http/api/routes.ts';
import { mlflowRoutes } from '../../functions/http/mlflow/routes.ts';
import { mlflowWebhook } from '../../functions/http/mlflow/webhook.ts';
import type { AnyRoute } from '../../shared/platform/http/route.ts';

const ROUTES: readonly AnyRoute<never>[] = [...mlflowRoutes, ...apiRoutes, mlflowWebhook];

const twice = (values: readonly string[]) => values.filter((value, at) => values.indexOf(value) !== at);
const withoutNames = (path: string) => path.replaceAll(/\{[^}]+\}/g, '{}');
const namesIn = (path: string) => [...path.matchAll(/\{\*?([^}]+)\}/g)].map(([, name]) => name);

describe('the routes', () => {
  it('have names that are there once', () => {
    expect(twice(ROUTES.map(({ name }) => name))).toEqual([]);
  });

  it('have places that are there once, whatever their parameters are called', () => {
    expect(twice(ROUTES.map(({ method, path }) => `${method} ${withoutNames(path)}`))).toEqual([]);
  });

  it('have kebab-case names that say whose they are', () => {
    expect(ROUTES.filter(({ name }) => !/^(mlflow|api)(-[a-z]+)+$/.test(name))).toEqual([]);
  });

  it('are open to everybody only where they must be', () => {
    expect(
      ROUTES.filter(({ access }) => access === 'public').map(
        ({ method, path, access }) => `${access} ${method} ${path}`,
      ),
    ).toEqual([
      'public PUT api/2.0/mlflow-artifacts/mpu/parts/{*path}',
      'public GET api/2.0/mlflow-artifacts/signed/{*path}',
      'public GET api/3.0/mlflow/server-info',
      'public GET ajax-api/3.0/mlflow/server-info',
      'public GET health',
      'public GET version',
      'public POST api/v1/environments/{key}/result',
      'public GET api/openapi.json',
      'public POST webhooks/mlflow',
    ]);
  });

  it('speak MLflow’s dialect below its paths and ours below ours', () => {
    const wrong = ROUTES.filter(({ path, dialect }) => (dialect === 'slipway') !== /^api\/(v1\/|openapi)/.test(path));

    expect(wrong.map(({ path }) => path)).toEqual([]);
  });

  it('declare every parameter of their path, and no other', () => {
    const wrong = ROUTES.filter(({ path, params }) => {
      const declared = Object.keys((params as { shape?: object } | undefined)?.shape ?? {});
      return declared.toSorted().join() !== namesIn(path).toSorted().join();
    });

    expect(wrong.map(({ name }) => name)).toEqual([]);
  });

  it('take no body where HTTP gives it no meaning', () => {
    expect(ROUTES.filter(({ method, body }) => method === 'GET' && body !== undefined)).toEqual([]);
  });

  it('say in one line what they do', () => {
    expect(ROUTES.filter(({ summary }) => !/^[A-Z].{5,}$/.test(summary)).map(({ name }) => name)).toEqual([]);
  });

  it('of our own API show what they answer, unless they answer nothing', () => {
    const silent = apiRoutes.filter(({ output, method }) => output === undefined && method !== 'DELETE');

    expect(silent.map(({ name }) => name)).toEqual(['api-openapi']);
  });

  it('hold every resource of our own API', () => {
    const resources = new Set(apiRoutes.flatMap(({ path }) => /^api\/v1\/([a-z-]+)/.exec(path)?.[1] ?? []));

    expect([...resources].toSorted()).toEqual(
      expect.arrayContaining([
        'alert-rules',
        'channels',
        'endpoints',
        'events',
        'models',
        'monitors',
        'policies',
        'rollouts',
      ]),
    );
  });
});
