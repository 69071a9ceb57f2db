import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { apiRoutes } from '../../functions/http/api-routes.ts';
import { mlflowRoutes } from '../../functions/http/mlflow-routes.ts';
import { unknownRoutes } from '../../functions/http/unknown-routes.ts';
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
  it('is every one but health, version and the description', () => {
    const open = ROUTES.filter(({ access }) => access === 'public').map(({ path }) => path);

    expect(open.sort()).toEqual(['/api/openapi.json', '/health', '/version']);
  });

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

    const logs = await textsBelow(join(stack.dataDir, 'logs'));

    expect(logs.some(({ text }) => text.length > 0)).toBe(true);
    const keys = await readFile(join(stack.dataDir, 'host', 'keys.json'), 'utf8');
    const [, systemKey = ''] = /"eventgrid_extension": "(.+)"/.exec(keys) ?? [];
    expect(systemKey).not.toBe('');
    const secrets = {
      ...credentials,
      systemKey,
      channelSecret: CHANNEL_SECRET,
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
