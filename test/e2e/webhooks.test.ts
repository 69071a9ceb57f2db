import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { isSignedWith, type MlflowReceiver, startMlflowReceiver } from '../support/mlflow-receiver.ts';
import { withStack } from '../support/stack-story.ts';
import { until } from '../support/until.ts';

const SECRET = 'test-secret-key';
const HOST = 'local/host/main.ts';
const REGISTERED = [{ entity: 'REGISTERED_MODEL', action: 'CREATED' }];
const VERSION = [{ entity: 'MODEL_VERSION', action: 'CREATED' }];
const ALL = Object.entries({
  MODEL_VERSION: ['CREATED'],
  MODEL_VERSION_ALIAS: ['CREATED', 'DELETED'],
  MODEL_VERSION_TAG: ['DELETED', 'SET'],
  PROMPT: ['CREATED'],
  PROMPT_ALIAS: ['CREATED', 'DELETED'],
  PROMPT_TAG: ['DELETED', 'SET'],
  PROMPT_VERSION: ['CREATED'],
  PROMPT_VERSION_TAG: ['DELETED', 'SET'],
  REGISTERED_MODEL: ['CREATED'],
}).flatMap(([entity, actions]) => actions.map((action) => ({ entity, action })));

const site = withStack({ flags: ['--allow-private-egress'] });
let receiver: MlflowReceiver;
let names = 0;

beforeAll(async () => {
  receiver = await startMlflowReceiver({
    '/secure': (received) => ({ status: isSignedWith(SECRET, received) ? 200 : 401 }),
    '/flaky': (_, nth) => ({ status: nth <= 2 ? 500 : 200 }),
    '/limited': (_, nth) => (nth === 1 ? { status: 429, retryAfter: '2' } : { status: 200 }),
    '/missing': () => ({ status: 404 }),
    '/mute': (_, nth) => (nth === 1 ? undefined : { status: 200 }),
  });
});

afterAll(() => receiver.close());

const call = async (method: string, path: string, body?: unknown) => {
  const reply = await site.story.stack.call(method, `/api/2.0/mlflow/${path}`, body === undefined ? {} : { body });
  if (reply.status !== 200) throw new Error(`${method} ${path} answered ${reply.status}: ${reply.text}`);
  return reply.json;
};

const subscribe = async (path: string, wish: object = {}): Promise<string> => {
  const body = { name: 'hook', url: receiver.url(path), events: REGISTERED, ...wish };
  return (await call('POST', 'webhooks', body)).webhook.webhook_id;
};

/** A model of a name that no other test uses. */
const newModel = async (more: object = {}): Promise<string> => {
  names += 1;
  const name = `model-${names}`;
  await call('POST', 'registered-models/create', { name, ...more });
  return name;
};

const arrived = (path: string, count: number, withinMs = 15_000) =>
  until(`${count} requests at ${path}`, () => receiver.at(path).length >= count && receiver.at(path), { withinMs });

const deliveries = async (webhook: string) =>
  (await site.story.stack.call('GET', `/api/v1/webhooks/${webhook}/deliveries`)).json.items;

describe('every change of the registry', () => {
  it('is told exactly as MLflow tells it, each once', async () => {
    const webhook = await subscribe('/all', { events: ALL, secret: SECRET });
    const prompt = { key: 'mlflow.prompt.is_prompt', value: 'true' };
    const name = await newModel({ description: 'd', tags: [{ key: 'a', value: 'b' }] });
    const version = { source: 's3://bucket/1', run_id: '1234567890abcdef', description: 'first' };
    await call('POST', 'model-versions/create', { name, ...version, tags: [{ key: 'k', value: 'ü' }] });
    await call('POST', 'model-versions/set-tag', { name, version: '1', key: 't', value: 'v' });
    await call('DELETE', 'model-versions/delete-tag', { name, version: '1', key: 't' });
    await call('POST', 'registered-models/alias', { name, version: '1', alias: 'al' });
    await call('DELETE', 'registered-models/alias', { name, alias: 'al' });
    const asked = await newModel({ tags: [prompt, { key: 'p', value: 'q' }] });
    const text = { key: 'mlflow.prompt.text', value: 'Hello {{name}}' };
    await call('POST', 'model-versions/create', { name: asked, source: 'prompt', tags: [prompt, text] });
    await call('POST', 'registered-models/set-tag', { name: asked, key: 'x', value: 'y' });
    await call('DELETE', 'registered-models/delete-tag', { name: asked, key: 'x' });
    await call('POST', 'model-versions/set-tag', { name: asked, version: '1', key: 'x', value: 'y' });
    await call('DELETE', 'model-versions/delete-tag', { name: asked, version: '1', key: 'x' });
    await call('POST', 'registered-models/alias', { name: asked, version: '1', alias: 'al' });
    await call('DELETE', 'registered-models/alias', { name: asked, alias: 'al' });

    const told = await arrived('/all', ALL.length);
    const data = Object.fromEntries(told.map(({ json }) => [`${json.entity}.${json.action}`, json.data]));
    expect(data).toEqual({
      'registered_model.created': { name, tags: { a: 'b' }, description: 'd' },
      'model_version.created': { name, version: '1', ...version, tags: { k: 'ü' } },
      'model_version_tag.set': { name, version: '1', key: 't', value: 'v' },
      'model_version_tag.deleted': { name, version: '1', key: 't' },
      'model_version_alias.created': { name, version: '1', alias: 'al' },
      'model_version_alias.deleted': { name, alias: 'al' },
      'prompt.created': { name: asked, tags: { p: 'q' }, description: '' },
      'prompt_version.created': { name: asked, version: '1', template: text.value, tags: {}, description: null },
      'prompt_tag.set': { name: asked, key: 'x', value: 'y' },
      'prompt_tag.deleted': { name: asked, key: 'x' },
      'prompt_version_tag.set': { name: asked, version: '1', key: 'x', value: 'y' },
      'prompt_version_tag.deleted': { name: asked, version: '1', key: 'x' },
      'prompt_alias.created': { name: asked, version: '1', alias: 'al' },
      'prompt_alias.deleted': { name: asked, alias: 'al' },
    });
    expect(told.every((received) => isSignedWith(SECRET, received))).toBe(true);
    const history = await until('every delivery to be recorded', async () => {
      const found = await deliveries(webhook);
      return found.every(({ phase }: { phase: string }) => phase === 'delivered') && found;
    });
    expect(history.map(({ id }: { id: string }) => id).sort()).toEqual(told.map(({ deliveryId }) => deliveryId).sort());
    await call('DELETE', `webhooks/${webhook}`);
  });

  it('reaches the receiver soon, and a webhook that was created just before', async () => {
    const took: number[] = [];
    for (let time = 0; time < 5; time += 1) {
      const webhook = await subscribe(`/soon-${time}`);
      const before = Date.now();
      await newModel();
      const [told] = await arrived(`/soon-${time}`, 1);
      took.push((told?.at ?? 0) - before);
      await call('DELETE', `webhooks/${webhook}`);
    }
    expect(took.toSorted((a, b) => a - b)[2], took.join(', ')).toBeLessThan(1_500);
  });

  it('is not told to a webhook that is disabled, nor to one for other models', async () => {
    const off = await subscribe('/off', { status: 'DISABLED' });
    const late = await subscribe('/late');
    await call('PATCH', `webhooks/${late}`, { status: 'DISABLED' });
    const others = await subscribe('/others', { models: ['lung*'] });
    const only = await subscribe('/only', { models: ['model-*'] });
    await newModel();
    await arrived('/only', 1);
    await newModel();
    await arrived('/only', 2);
    expect((await Promise.all([off, late, others].map(deliveries))).flat()).toEqual([]);
    expect([...receiver.at('/off'), ...receiver.at('/late'), ...receiver.at('/others')]).toEqual([]);
    for (const webhook of [off, late, others, only]) await call('DELETE', `webhooks/${webhook}`);
  });
});

describe('a receiver', () => {
  it('can tell who signed: the right secret is taken, a wrong one and none are not, and the model is there', async () => {
    const right = await subscribe('/secure', { secret: SECRET });
    await newModel();
    expect(await arrived('/secure', 1)).toMatchObject([{ status: 200 }]);
    await call('PATCH', `webhooks/${right}`, { secret: 'wrong' });
    const name = await newModel();
    expect((await arrived('/secure', 2))[1]).toMatchObject({ status: 401, json: { data: { name } } });
    expect((await call('GET', `registered-models/get?name=${name}`)).registered_model.name).toBe(name);
    const [failed] = await until('the refusal to be recorded', async () => {
      const found = await deliveries(right);
      return found[0]?.phase === 'failed' && found;
    });
    expect(failed).toMatchObject({ attempts: 1, lastStatus: 401, lastReason: 'the receiver answered 401' });
    await call('DELETE', `webhooks/${right}`);

    const unsigned = await subscribe('/unsigned');
    await newModel();
    expect((await arrived('/unsigned', 1))[0]?.signature).toBeUndefined();
    await call('DELETE', `webhooks/${unsigned}`);
  });

  it('that fails twice has the same message within 15 seconds', async () => {
    const webhook = await subscribe('/flaky', { secret: SECRET });
    const before = Date.now();
    await newModel();
    const attempts = await arrived('/flaky', 3);
    expect(attempts.map(({ status }) => status)).toEqual([500, 500, 200]);
    expect((attempts[2]?.at ?? 0) - before).toBeLessThan(15_000);
    const seen = attempts.map(({ deliveryId, timestamp, signature, body }) => [deliveryId, timestamp, signature, body]);
    expect(new Set(seen.map((one) => one.join())).size).toBe(1);
    await call('DELETE', `webhooks/${webhook}`);
  });

  it('that asks for a pause gets it', async () => {
    const webhook = await subscribe('/limited');
    await newModel();
    const [first, second] = await arrived('/limited', 2);
    expect((second?.at ?? 0) - (first?.at ?? 0)).toBeGreaterThanOrEqual(2_000);
    await call('DELETE', `webhooks/${webhook}`);
  });

  it('gets what it missed by a replay', async () => {
    const webhook = await subscribe('/missing');
    await newModel();
    const [failed] = await until('the failure', async () => {
      const found = await deliveries(webhook);
      return found[0]?.phase === 'failed' && found;
    });
    await call('PATCH', `webhooks/${webhook}`, { url: receiver.url('/found') });
    const { stack } = site.story;
    const replayed = await stack.call('POST', `/api/v1/webhooks/${webhook}/deliveries/${failed.id}/replay`);
    expect(replayed.status).toBe(202);
    const [found] = await arrived('/found', 1);
    expect([found?.deliveryId, found?.body]).toEqual([failed.id, receiver.at('/missing')[0]?.body]);
    await call('DELETE', `webhooks/${webhook}`);
  });

  it('that is tested has its answer shown', async () => {
    const webhook = await subscribe('/missing', { name: 'tested' });
    const { result } = await call('POST', `webhooks/${webhook}/test`);
    expect(result).toEqual({ success: false, response_status: 404, response_body: '{"path":"/missing"}' });
    await call('DELETE', `webhooks/${webhook}`);
  });
});

describe('a host that is killed', () => {
  const killHost = async (): Promise<void> => {
    const { stack } = site.story;
    const pid = stack.pidOf(HOST);
    if (pid === undefined) throw new Error('the host does not run');
    process.kill(pid, 'SIGKILL');
    await until(
      'the host to be back',
      async () => {
        const now = stack.pidOf(HOST);
        return now !== undefined && now !== pid && (await stack.call('GET', '/health')).status === 200;
      },
      { withinMs: 60_000, everyMs: 200 },
    );
  };

  it('after a change tells it when it is back', async () => {
    const webhook = await subscribe('/after-kill', { events: VERSION });
    const name = await newModel();
    await call('POST', 'model-versions/create', { name, source: 's3://bucket/1' });
    expect(receiver.at('/after-kill')).toEqual([]);
    await killHost();
    const told = await arrived('/after-kill', 1, 120_000);
    expect(told[0]?.json.data).toMatchObject({ name, version: '1' });
    await call('DELETE', `webhooks/${webhook}`);
  });

  it('in the middle of an attempt makes it again, under the same id', async () => {
    const webhook = await subscribe('/mute');
    await newModel();
    await arrived('/mute', 1);
    await killHost();
    const [first, second] = await arrived('/mute', 2, 150_000);
    expect(second?.deliveryId).toBe(first?.deliveryId);
    expect(second?.body).toBe(first?.body);
    await call('DELETE', `webhooks/${webhook}`);
  });
});
