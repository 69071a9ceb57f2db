import { beforeAll, describe, expect, it } from 'vitest';
import { apiRoutes } from '../../../functions/http/api/routes.ts';
import { mlflowRoutes } from '../../../functions/http/mlflow/routes.ts';
import { unknownRoutes } from '../../../functions/http/unknown-routes.ts';
import { includesRole, ROLES, type Role } from '../../../shared/platform/access/role.ts';
import { answer } from '../../../shared/platform/http/answer.ts';
import type { AnyRoute } from '../../../shared/platform/http/route.ts';
import { bearer, createAccessWorld, ROOT_TOKEN } from '../../support/access.ts';
import { requestOf } from '../../support/call-route.ts';

const ROUTES = [...mlflowRoutes, ...apiRoutes, ...unknownRoutes] as readonly AnyRoute<never>[];

const world = createAccessWorld();
const tokens = new Map<Role, string>();
const limited = new Map<Role, string>();

beforeAll(async () => {
  for (const role of ROLES) {
    tokens.set(role, await world.tokenFor([{ role }], role));
    if (role === 'admin') continue;
    limited.set(role, await world.tokenFor([{ role, models: ['heart-*'] }], `${role} of hearts`));
  }
});

/** The answer to an empty request: what comes behind the check has nothing to work with, and does not matter here. */
const ask = async (route: AnyRoute<never>, token?: string) => {
  const services = { access: world.access, log: world.log };
  const headers = token === undefined ? {} : bearer(token);
  const { status = 200, ...rest } = await answer(
    route as AnyRoute<typeof services>,
    requestOf(new URL('http://slipway.test/'), { headers }),
    services,
  );
  return { status, ...rest };
};

const codeOf = (json: unknown): unknown => {
  const { error_code: mlflow, code } = (json ?? {}) as { readonly error_code?: unknown; readonly code?: unknown };
  return mlflow ?? code;
};

describe.each(ROUTES.map((route) => [`${route.method} ${route.path}`, route] as const))('%s', (_, route) => {
  const { access } = route;

  if (access === 'public') {
    it('is for everybody, also with a wrong token', async () => {
      expect([401, 403]).not.toContain((await ask(route)).status);
      expect([401, 403]).not.toContain((await ask(route, 'wrong')).status);
    });
    return;
  }

  it('is for nobody without the right credentials', async () => {
    for (const shown of [undefined, 'wrong']) {
      const { status, json, headers } = await ask(route, shown);

      expect([status, codeOf(json)]).toEqual([401, 'UNAUTHENTICATED']);
      expect(headers?.['WWW-Authenticate']).toMatch(/Bearer.*Basic realm="slipway"/);
    }
  });

  it(`is for ${access} and above`, async () => {
    for (const role of ROLES) {
      const { status, json } = await ask(route, tokens.get(role));

      if (includesRole(role, access)) expect([401, 403], role).not.toContain(status);
      else expect([status, codeOf(json)], role).toEqual([403, 'PERMISSION_DENIED']);
    }
  });

  it('is for the token of the settings', async () => {
    expect([401, 403]).not.toContain((await ask(route, ROOT_TOKEN)).status);
  });

  if (route.models === 'all' && access !== 'admin') {
    it('is not for who has the role for some models only', async () => {
      expect((await ask(route, limited.get(access))).status).toBe(403);
    });
  }
});

describe('the routes', () => {
  it('of the model registry check the model they name, or leave out of what they find what may not be read', () => {
    const ours = ROUTES.filter(({ path }) =>
      /(^|\/)(registered-models|model-versions|api\/v1\/models)(\/|$)/.test(path),
    );
    const unchecked = ours.filter(({ models }) => typeof models !== 'function').map(({ path }) => path);

    expect(ours.length).toBeGreaterThan(40);
    expect(unchecked).toEqual([
      'api/2.0/mlflow/registered-models/search',
      'ajax-api/2.0/mlflow/registered-models/search',
      'api/2.0/mlflow/model-versions/search',
      'ajax-api/2.0/mlflow/model-versions/search',
      'api/v1/models',
    ]);
  });

  it('that only look are for readers, and those that change something are not', () => {
    const changing = ROUTES.filter(({ method, access }) => method !== 'GET' && access === 'reader');

    expect(changing.map(({ path }) => path).filter((path) => !/search|get-latest-versions|graphql/.test(path))).toEqual(
      [],
    );
  });
});
