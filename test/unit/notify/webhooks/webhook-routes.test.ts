import { beforeEach, describe, expect, it } from 'vitest';
import { webhookRoutes } from '../../../../functions/http/api/webhooks.ts';
import { mounted } from '../../../../functions/http/mlflow/route.ts';
import { webhookCalls } from '../../../../functions/http/mlflow/webhooks.ts';
import { CATALOGUE } from '../../../../shared/events/catalogue.ts';
import { SlipwayError } from '../../../../shared/platform/errors.ts';
import type { HttpAnswer, Method } from '../../../../shared/platform/http/route.ts';
import type { JournalEntry } from '../../../../shared/platform/journal.ts';
import { createModel } from '../../../../shared/registry/create-model.ts';
import { callerOf, type RequestOptions } from '../../../support/call-route.ts';
import { CAUSE, createWebhookWorld, type WebhookWorld } from '../../../support/webhook-world.ts';

const BASE = '/api/2.0/mlflow/webhooks';
const CREATED = { entity: 'REGISTERED_MODEL', action: 'CREATED' };
const WISH = { name: 'hook', url: 'https://hooks.example.org/a', events: [CREATED] };
const SECRET = 'test-secret-key';

let world: WebhookWorld;
let call: (method: Method, target: string, options?: RequestOptions) => Promise<HttpAnswer>;

beforeEach(() => {
  world = createWebhookWorld();
  call = callerOf([...webhookCalls.flatMap(mounted), ...webhookRoutes], {
    ...world.services,
    access: { mode: 'open' as const },
  });
});

// biome-ignore lint/suspicious/noExplicitAny: tests look into answers of every shape
const jsonOf = ({ json }: HttpAnswer): any => json;

const create = async (wish: object = {}) => {
  const answer = await call('POST', BASE, { body: { ...WISH, ...wish } });
  if (answer.status !== undefined && answer.status !== 200) throw new Error(JSON.stringify(answer.json));
  world.advance(1);
  return jsonOf(answer).webhook;
};

const refusal = async (method: Method, target: string, body: unknown): Promise<readonly [number, string]> => {
  const { status = 200, json } = await call(method, target, { body });
  const { error_code: code, message } = json as { error_code: string; message: string };
  expect([status, code]).toEqual(status === 404 ? [404, 'RESOURCE_DOES_NOT_EXIST'] : [400, 'INVALID_PARAMETER_VALUE']);
  return [status, message];
};

describe('the webhooks of the MLflow API', () => {
  it('are created and shown as MLflow shows them, with events in order and without their secret', async () => {
    const events = [
      CREATED,
      { entity: 'MODEL_VERSION_TAG', action: 'SET' },
      { entity: 'MODEL_VERSION_TAG', action: 'DELETED' },
      CREATED,
    ];
    const webhook = await create({ events, secret: SECRET, description: 'tells', models: ['heart*'] });
    expect(webhook).toEqual({
      webhook_id: expect.stringMatching(/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/),
      name: 'hook',
      description: 'tells',
      url: 'https://hooks.example.org/a',
      events: [events[2], events[1], CREATED],
      status: 'ACTIVE',
      models: ['heart*'],
      creation_timestamp: 1_767_225_600_000,
      last_updated_timestamp: 1_767_225_600_000,
    });
    expect((await call('GET', `${BASE}/${webhook.webhook_id}`)).json).toEqual({ webhook });
    expect((await call('GET', `/ajax-api/2.0/mlflow/webhooks/${webhook.webhook_id}`)).json).toEqual({ webhook });
    expect(JSON.stringify(world.settings.all())).not.toContain(SECRET);
  });

  it('may have the same name twice, and are listed newest first, page by page', async () => {
    const ids: string[] = [];
    for (let made = 0; made < 5; made += 1) ids.unshift((await create()).webhook_id);
    const seen: string[] = [];
    let token = '';
    do {
      const page = jsonOf(await call('GET', `${BASE}?max_results=2&page_token=${token}`));
      seen.push(...page.webhooks.map(({ webhook_id: id }: { webhook_id: string }) => id));
      token = page.next_page_token ?? '';
    } while (token !== '');
    expect(seen).toEqual(ids);
    expect(jsonOf(await call('GET', BASE)).webhooks).toHaveLength(5);
  });

  it('are an empty object when there are none', async () => {
    expect((await call('GET', BASE)).json).toEqual({});
  });

  it.each(['0', '1001', '-1'])('are not listed %s at a time', async (most) => {
    expect(await refusal('GET', `${BASE}?max_results=${most}`, undefined)).toEqual([
      400,
      'max_results must be between 1 and 1000.',
    ]);
  });

  it('keep what an update does not name, or names empty', async () => {
    const webhook = await create({ secret: SECRET, description: 'tells' });
    const target = `${BASE}/${webhook.webhook_id}`;
    const empty = { name: '', url: '', events: [], description: '', secret: '', status: '', models: [] };
    const untouched = jsonOf(await call('PATCH', target, { body: empty })).webhook;
    expect(untouched).toEqual({ ...webhook, last_updated_timestamp: webhook.last_updated_timestamp + 1 });

    const events = [{ entity: 'PROMPT', action: 'CREATED' }];
    const body = { name: 'other', url: 'https://hooks.example.org/b', events, status: 'DISABLED', models: ['a'] };
    const changed = jsonOf(await call('PATCH', target, { body })).webhook;
    expect(changed).toEqual({ ...untouched, ...body });

    await call('PATCH', target, { body: { status: 'ACTIVE', url: 'https://hooks.example.org/c' } });
    await call('POST', `${target}/test`);
    expect(world.posted[0]?.headers).toHaveProperty('X-MLflow-Signature');
  });

  it('are gone once deleted, for every call', async () => {
    const { webhook_id: id } = await create();
    expect((await call('DELETE', `${BASE}/${id}`)).json).toEqual({});
    const gone = [404, `Webhook with ID ${id} not found.`];
    expect(await refusal('GET', `${BASE}/${id}`, undefined)).toEqual(gone);
    expect(await refusal('DELETE', `${BASE}/${id}`, undefined)).toEqual(gone);
    expect(await refusal('PATCH', `${BASE}/${id}`, { name: 'x' })).toEqual(gone);
    expect(await refusal('POST', `${BASE}/${id}/test`, {})).toEqual(gone);
    expect((await call('GET', BASE)).json).toEqual({});
  });

  it('are looked for under any id without breaking', async () => {
    for (const id of ['none', '%2F', 'a%20b', '%F0%9F%98%80', 'x'.repeat(2_000)]) {
      expect((await refusal('GET', `${BASE}/${id}`, undefined))[0]).toBe(404);
    }
  });

  it('journal who is told of what, without secrets and what a URL may hide', async () => {
    const { webhook_id: id } = await create({ url: 'https://hooks.example.org/T0/secret', secret: SECRET });
    await call('PATCH', `${BASE}/${id}`, { body: { status: 'DISABLED' } });
    await call('DELETE', `${BASE}/${id}`);
    const entries = world.settings
      .all()
      .map(({ value }) => value)
      .filter((value): value is JournalEntry => value.kind === 'journal');
    const definition = CATALOGUE.find(({ type }) => type === 'slipway.webhook.changed');
    for (const { type, subject, data } of entries) {
      expect([type, subject]).toEqual(['slipway.webhook.changed', `webhooks/${id}`]);
      expect(definition?.data.parse(data)).toEqual(data);
      expect(data).toMatchObject({ name: 'hook', host: 'hooks.example.org', events: ['registered_model.created'] });
    }
    expect(entries.map(({ data }) => (data as { change: string }).change).sort()).toEqual([
      'created',
      'deleted',
      'updated',
    ]);
    expect(JSON.stringify(entries)).not.toContain('secret');
  });
});

describe('a webhook is refused', () => {
  it.each([
    ['no name', { name: undefined }, "Missing value for required parameter 'name'"],
    ['an overlong name', { name: 'a'.repeat(64) }, 'is invalid. It must start and end with a letter or digit'],
    ['a name that begins with a dash', { name: '-a' }, "Webhook name '-a' is invalid"],
    ['a name with blanks', { name: 'a b' }, "Webhook name 'a b' is invalid"],
    ['no url', { url: undefined }, "Missing value for required parameter 'url'"],
    ['a blank url', { url: '  ' }, 'Webhook URL cannot be empty or just whitespace'],
    ['a url without scheme', { url: 'example.org' }, "Invalid webhook URL scheme: ''"],
    ['http', { url: 'http://example.org' }, "Invalid webhook URL scheme: 'http'. Allowed schemes are: https."],
    ['ftp', { url: 'ftp://example.org' }, "Invalid webhook URL scheme: 'ftp'"],
    ['a url that cannot be parsed', { url: 'https://[bad' }, "Invalid webhook URL 'https://[bad'"],
    ['credentials', { url: 'https://u:p@example.org' }, 'must not hold credentials'],
    ['a private address', { url: 'https://169.254.169.254/x' }, 'must not point at a private address'],
    ['a disguised private address', { url: 'https://2130706433/' }, 'must not point at a private address'],
    ['an overlong url', { url: `https://example.org/${'x'.repeat(2048)}` }, 'Invalid webhook URL: it is longer'],
    ['no events', { events: undefined }, 'Webhook events cannot be empty'],
    ['an empty list of events', { events: [] }, 'Webhook events cannot be empty'],
    ['events that are no list', { events: 'x' }, "Invalid value for parameter 'events'"],
    ['events as strings', { events: ['registered_model.created'] }, 'Invalid webhook event'],
    ['an event without action', { events: [{ entity: 'PROMPT' }] }, 'Invalid webhook event'],
    [
      'an unknown entity',
      { events: [{ entity: 'EXPERIMENT', action: 'CREATED' }] },
      "Invalid webhook entity 'EXPERIMENT'",
    ],
    [
      'what every object has',
      { events: [{ entity: 'CONSTRUCTOR', action: 'CREATED' }] },
      "Invalid webhook entity 'CONSTRUCTOR'",
    ],
    [
      'an action that the entity has not',
      { events: [{ entity: 'MODEL_VERSION_TAG', action: 'CREATED' }] },
      "Invalid action 'created' for entity 'model_version_tag'. Valid actions are: ['deleted', 'set']",
    ],
    [
      'an unknown status',
      { status: 'PAUSED' },
      "Invalid webhook status 'PAUSED'. Valid statuses are: ACTIVE, DISABLED",
    ],
    ['an overlong description', { description: 'x'.repeat(1_001) }, "'description' exceeds the maximum length"],
    ['an overlong secret', { secret: 'x'.repeat(1_001) }, "'secret' exceeds the maximum length"],
    ['a pattern with an inner star', { models: ['a*b'] }, "Invalid 'models'"],
    ['a number for a text', { name: 1 }, "Invalid value 1 for parameter 'name' supplied: Value must be a string"],
  ])('for %s', async (_, wish, message) => {
    expect(await refusal('POST', BASE, { ...WISH, ...wish })).toEqual([400, expect.stringContaining(message)]);
    expect((await call('GET', BASE)).json).toEqual({});
  });

  it('on update for the same reasons', async () => {
    const { webhook_id: id } = await create();
    for (const wish of [{ url: 'http://example.org' }, { name: '-' }, { status: 'x' }, { events: ['x'] }]) {
      expect((await refusal('PATCH', `${BASE}/${id}`, wish))[0]).toBe(400);
    }
  });
});

describe('a test of a webhook', () => {
  const test = async (id: string, body: object = {}) =>
    jsonOf(await call('POST', `${BASE}/${id}/test`, { body })).result;

  it('sends the example of its first event, or of the one that is asked for', async () => {
    const { webhook_id: id } = await create({ events: [CREATED, { entity: 'MODEL_VERSION', action: 'CREATED' }] });
    expect(await test(id)).toEqual({ success: true, response_status: 200, response_body: '' });
    expect(JSON.parse(world.posted[0]?.body ?? '')).toEqual({
      entity: 'model_version',
      action: 'created',
      timestamp: '2026-01-01T00:00:00.001+00:00',
      data: {
        name: 'example_model',
        version: '1',
        source: 'models:/123',
        run_id: 'abcd1234abcd5678',
        tags: { example_key: 'example_value' },
        description: 'An example model version',
      },
    });
    await test(id, { event: { entity: 'PROMPT_ALIAS', action: 'DELETED' } });
    expect(JSON.parse(world.posted[1]?.body ?? '')).toMatchObject({
      entity: 'prompt_alias',
      action: 'deleted',
      data: { name: 'example_prompt', alias: 'example_alias' },
    });
  });

  it.each([301, 404, 500])('that is answered %d says so, without an error', async (status) => {
    const { webhook_id: id } = await create();
    world.answers.push({ status });
    expect(await test(id)).toEqual({ success: false, response_status: status, response_body: '' });
  });

  it('that nobody answers says why', async () => {
    const { webhook_id: id } = await create();
    world.answers.push(new SlipwayError('TEMPORARILY_UNAVAILABLE', "'hooks.example.org' did not answer"));
    expect(await test(id)).toEqual({
      success: false,
      error_message: "Failed to test webhook: 'hooks.example.org' did not answer",
    });
  });

  it('is refused for an event that there is not', async () => {
    const { webhook_id: id } = await create();
    expect((await refusal('POST', `${BASE}/${id}/test`, { event: 'x' }))[0]).toBe(400);
  });
});

describe('the deliveries of a webhook', () => {
  it('are listed newest first, page by page, and replayed', async () => {
    const { webhook_id: id } = await create();
    const { webhook_id: other } = await create({ url: 'https://hooks.example.org/other' });
    for (const name of ['a', 'b', 'c']) {
      world.advance(10);
      await createModel(world.services, { name }, CAUSE);
    }
    await world.tell();
    world.answers.push({ status: 404 });
    await world.attempt();

    const target = `/api/v1/webhooks/${id}/deliveries`;
    const first = jsonOf(await call('GET', `${target}?limit=2`));
    const rest = jsonOf(await call('GET', `${target}?limit=2&cursor=${encodeURIComponent(first.next)}`));
    const all = [...first.items, ...rest.items];
    expect(all.map(({ createdAt }) => createdAt)).toEqual(
      all
        .map(({ createdAt }) => createdAt)
        .toSorted()
        .toReversed(),
    );
    expect(all).toHaveLength(3);
    for (const one of all) {
      expect(one).toMatchObject({ webhook: id, event: 'registered_model.created', attempts: 1, replays: 0 });
      expect(one).not.toHaveProperty('nextAttemptAt');
    }

    const replayed = await call('POST', `${target}/${all[0].id}/replay`);
    expect([replayed.status, replayed.json]).toEqual([
      202,
      expect.objectContaining({ phase: 'queued', replays: 1, nextAttemptAt: expect.any(String) }),
    ]);
    expect((await call('POST', `/api/v1/webhooks/${other}/deliveries/${all[0].id}/replay`)).status).toBe(404);
    expect((await call('GET', '/api/v1/webhooks/none/deliveries')).status).toBe(404);
  });
});
