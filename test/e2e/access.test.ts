import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { apiRoutes } from '../../functions/http/api/routes.ts';
import { mlflowRoutes } from '../../functions/http/mlflow/routes.ts';
import { unknownRoutes } from '../../functions/http/unknown-routes.ts';
import { includesRole, ROLES, type Role } from '../../shared/platform/access/role.ts';
import { withStack } from '../support/stack-story.ts';
import { until } from '../support/until.ts';

const CHANNEL_SECRET = 'whsec-that-nobody-may-ever-read';

interface Asked {
  readonly name: string;
  readonly method: string;
  readonly path: string;
  readonly access: string;
  readonly dialect: string;
}

const toAsked = ({ name, method, path, access, dialect }: Asked): Asked => ({
  name,
  method,
  path: `/${path.replaceAll(/\{\*?\w+\}/g, 'x')}`,
  access,
  dialect,
});

const ROUTES: readonly Asked[] = [...mlflowRoutes, ...apiRoutes, ...unknownRoutes].map(toAsked);
const GUARDED = ROUTES.filter(({ access }) => access !== 'public');

const site = withStack({ flags: ['--auth'] });
let token: string;

beforeAll(async () => {
  token = (await site.story.stack.credentials())['accessToken'] ?? '';
});

const bearer = () => ({ authorization: `Bearer ${token}` });
const basic = () => ({ authorization: `Basic ${Buffer.from(`ada:${token}`).toString('base64')}` });

describe('a route that asks for the token', () => {
  it.each(GUARDED)('refuses $method $path without it, in its dialect', async ({ method, path, dialect }) => {
    const reply = await site.story.stack.call(method, path);

    expect(reply.status).toBe(401);
    expect(reply.headers['www-authenticate']).toContain('Basic');
    expect(dialect === 'mlflow' ? reply.json.error_code : reply.json.code).toBe('UNAUTHENTICATED');
    expect(reply.headers['content-type']).toContain(dialect === 'mlflow' ? 'application/json' : 'problem+json');
  });

  it.each(GUARDED.filter(({ method }) => method === 'GET'))(
    'lets $method $path in with it',
    async ({ method, path }) => {
      const statuses = [];
      for (const headers of [bearer(), basic()]) {
        statuses.push((await site.story.stack.call(method, path, { headers })).status);
      }

      const [asBearer, asBasic] = statuses;
      expect(asBasic).toBe(asBearer);
      expect([200, 400, 404]).toContain(asBearer);
    },
  );

  it.each(['/api/v1/models', '/api/v1/rollouts', '/api/2.0/mlflow/registered-models/search'])(
    'answers GET %s with 200 to who has it',
    async (path) => {
      expect((await site.story.stack.call('GET', path, { headers: bearer() })).status).toBe(200);
      expect((await site.story.stack.call('GET', path, { headers: basic() })).status).toBe(200);
    },
  );

  it.each([
    ['another token', 'Bearer not-the-token'],
    ['an empty one', 'Bearer '],
    ['a user without password', `Basic ${Buffer.from('ada').toString('base64')}`],
    ['a scheme of its own', 'Digest username="ada"'],
  ])('refuses %s', async (_, authorization) => {
    const reply = await site.story.stack.call('GET', '/api/v1/models', { headers: { authorization } });

    expect(reply.status).toBe(401);
  });
});

describe("the host's own doors", () => {
  it.each([
    ['POST', '/runtime/webhooks/EventGrid?functionName=notify'],
    ['POST', '/runtime/webhooks/EventGrid?functionName=notify&code=guessed'],
    ['GET', '/admin/functions'],
    ['POST', '/admin/functions/sweep'],
  ])('ask for a key: %s %s', async (method, path) => {
    expect((await site.story.stack.call(method, path, { headers: bearer() })).status).toBe(401);
  });

  it('let Event Grid in', async () => {
    const { stack } = site.story;
    const created = { headers: bearer(), body: { name: 'heart' } };
    expect((await stack.call('POST', '/api/2.0/mlflow/registered-models/create', created)).status).toBe(200);

    const { json } = await until('the event of the model', async () => {
      const reply = await stack.callAzure('GET', '/_emulator/event-grid/status');
      return reply.json.delivered > 0 && reply.json.pending === 0 && reply;
    });

    expect(json.deadLettered).toBe(0);
  });
});

describe('what anybody may ask', () => {
  it.each([
    ['/health', 'OK'],
    ['/version', '3.'],
    ['/api/openapi.json', '"openapi"'],
  ])('answers %s without a token', async (path, text) => {
    const reply = await site.story.stack.call('GET', path);

    expect(reply.status).toBe(200);
    expect(reply.text).toContain(text);
  });
});

interface Made {
  readonly id: string;
  readonly token: string;
}

const makeToken = async (wish: object): Promise<Made> => {
  const { status, json } = await site.story.stack.call('POST', '/api/v1/tokens', { headers: bearer(), body: wish });
  expect(status, JSON.stringify(json)).toBe(201);
  return json;
};

const as = (made: Made) => ({ authorization: `Bearer ${made.token}` });

describe('a token for a role', () => {
  const made = new Map<Role, Made>();
  beforeAll(async () => {
    for (const role of ROLES) made.set(role, await makeToken({ name: role, role }));
  });

  it.each(GUARDED)('opens $method $path from $access upwards', async ({ method, path, access }) => {
    for (const role of ROLES) {
      if (method !== 'GET' && includesRole(role, access as Role)) continue;
      const { status } = await site.story.stack.call(method, path, { headers: as(made.get(role) as Made) });

      if (includesRole(role, access as Role)) expect([200, 400, 404], role).toContain(status);
      else expect(status, role).toBe(403);
    }
  });
});

describe('a token for some models', () => {
  it('registers them and no others, until it is revoked', async () => {
    const { stack } = site.story;
    const grants = [{ role: 'publisher', models: ['lung-*'] }];
    const ada = await makeToken({ name: 'ada', grants });
    const create = (name: string, headers: Record<string, string> = as(ada)) =>
      stack.call('POST', '/api/2.0/mlflow/registered-models/create', { headers, body: { name } });

    expect((await create('lung-1')).status).toBe(200);
    const refused = await create('fraud');
    expect(refused.status).toBe(403);
    expect(refused.json.message).toContain("needs the role publisher on model 'fraud'; you are 'token ada'");
    const found = await stack.call('GET', '/api/2.0/mlflow/registered-models/search', { headers: as(ada) });
    expect(found.json.registered_models).toMatchObject([{ name: 'lung-1' }]);

    expect((await stack.call('DELETE', `/api/v1/tokens/${ada.id}`, { headers: bearer() })).status).toBe(200);
    expect((await create('lung-2')).status).toBe(401);
  });

  it('is named by what it did, and its making and its end are events', async () => {
    const { stack } = site.story;
    const journal = async (name: string): Promise<readonly Record<string, unknown>[]> =>
      (await stack.call('GET', `/api/v1/events?journal=${name}&limit=1000`, { headers: bearer() })).json.items;

    expect(await journal('registry')).toContainEqual(
      expect.objectContaining({ subject: 'models/lung-1', actor: 'token ada' }),
    );
    const types = (await journal('settings')).map(({ type }) => type);
    expect(types).toEqual(expect.arrayContaining(['slipway.token.created', 'slipway.token.revoked']));
    await until('all events of tokens on their way', async () => {
      const { json } = await stack.callAzure('GET', '/_emulator/event-grid/status');
      return json.pending === 0 && json.deadLettered === 0;
    });
  });
});

describe('wrong credentials', () => {
  it('are answered later and later, and right ones at once meanwhile', async () => {
    const { stack } = site.story;
    const wrong = () => stack.call('GET', '/api/v1/models', { headers: { authorization: 'Bearer wrong' } });
    for (let tries = 0; tries < 8; tries += 1) await wrong();
    const startedAt = performance.now();
    const [held, right] = await Promise.all([
      wrong().then(() => performance.now() - startedAt),
      stack.call('GET', '/api/v1/models', { headers: bearer() }).then(() => performance.now() - startedAt),
    ]);

    expect(held).toBeGreaterThan(1900);
    expect(right).toBeLessThan(1500);
  });

  it('are in the journal once', async () => {
    const path = '/api/v1/events?journal=settings&type=slipway.access.refused';
    const { json } = await site.story.stack.call('GET', path, { headers: bearer() });

    expect(json.items.length).toBeGreaterThanOrEqual(1);
    // Two when the hour changed meanwhile.
    expect(json.items.length).toBeLessThanOrEqual(2);
    expect(json.items[0]).toMatchObject({ subject: 'access/unknown', data: { refusal: 'wrong' } });
  });
});

/** Every text file below a folder. */
const textsBelow = async (folder: string): Promise<readonly { readonly name: string; readonly text: string }[]> => {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  return Promise.all(
    entries
      .filter((entry) => entry.isFile())
      .map(async ({ parentPath, name }) => ({ name, text: await readFile(join(parentPath, name), 'utf8') })),
  );
};

describe('the logs', () => {
  it('never hold a secret', async () => {
    const { stack } = site.story;
    const credentials = await stack.credentials();
    const channel = { kind: 'webhook', url: 'https://example.com/hook', secret: CHANNEL_SECRET };
    const put = await stack.call('PUT', '/api/v1/channels/team', { headers: bearer(), body: channel });
    expect(put.status).toBe(200);
    expect(put.text).not.toContain(CHANNEL_SECRET);
    const wrong = { ...channel, url: 'http://10.0.0.1/', secret: `${CHANNEL_SECRET}-2`, more: CHANNEL_SECRET };
    await stack.call('PUT', '/api/v1/channels/other', { headers: bearer(), body: wrong });

    const made = await makeToken({ name: 'to be looked for', role: 'reader' });
    await stack.call('GET', '/api/v1/models', { headers: as(made) });

    const logs = await textsBelow(join(stack.dataDir, 'logs'));

    expect(logs.some(({ text }) => text.length > 0)).toBe(true);
    const keys = await readFile(join(stack.dataDir, 'host', 'keys.json'), 'utf8');
    const [, systemKey = ''] = /"eventgrid_extension": "(.+)"/.exec(keys) ?? [];
    expect(systemKey).not.toBe('');
    const secrets = {
      ...credentials,
      systemKey,
      channelSecret: CHANNEL_SECRET,
      madeToken: made.token.slice(-43),
      storageKey: 'Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1',
    };
    for (const [secret, value] of Object.entries(secrets)) {
      const found = logs.filter(({ text }) => text.includes(value)).map(({ name }) => name);
      expect(found, `${secret} is in the logs`).toEqual([]);
    }
  });

  it('keep the channel secret from the documents on disk too', async () => {
    const stored = await textsBelow(join(site.story.stack.dataDir, 'cosmos'));

    expect(stored.some(({ text }) => text.includes('https://example.com/hook'))).toBe(true);
    expect(stored.filter(({ text }) => text.includes(CHANNEL_SECRET))).toEqual([]);
  });
});
