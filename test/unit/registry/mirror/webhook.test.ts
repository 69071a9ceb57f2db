import { createHmac } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { databricksDelivery, mlflowDelivery } from '../../../support/registry/fake-origin.ts';
import { createMirrorWorld, NOW, SECRET } from '../../../support/registry/mirror-world.ts';

const CREATED = {
  entity: 'model_version',
  action: 'created',
  data: {
    name: 'heart',
    version: '7',
    source: 'models:/m-1',
    run_id: null,
    tags: { team: 'cardio' },
    description: null,
  },
};

const mlflow = (more: { at?: number; id?: string } = {}) => mlflowDelivery(SECRET, CREATED, { at: NOW, ...more });
const databricks = () =>
  databricksDelivery(SECRET, { event: 'MODEL_VERSION_CREATED', model_name: 'heart', version: '8' });

const told = (json: unknown): string => (json as { message: string }).message;

describe('a webhook of an MLflow server', () => {
  it('is journaled with what it says', async () => {
    const world = createMirrorWorld();
    await world.setUp();

    const answered = await world.post(mlflow());

    expect(answered).toMatchObject({ json: { origin: 'research', event: expect.stringMatching(/^je_/) } });
    expect(answered.status ?? 200).toBe(200);
    expect(world.journal()).toMatchObject([
      {
        type: 'slipway.origin.changed',
        subject: 'origins/research',
        data: {
          origin: 'research',
          change: 'version-created',
          name: 'heart',
          version: '7',
          told: { source: 'models:/m-1', runId: '', description: '', tags: { team: 'cardio' } },
        },
      },
    ]);
  });

  it('is journaled once, however often it is delivered', async () => {
    const world = createMirrorWorld();
    await world.setUp();
    const delivery = mlflow();

    const answers = await Promise.all([world.post(delivery), world.post(delivery), world.post(delivery)]);

    expect(new Set(answers.map(({ json }) => JSON.stringify(json))).size).toBe(1);
    expect(world.journal()).toHaveLength(1);
  });

  it('may hold a version with more than an event has room for', async () => {
    const world = createMirrorWorld();
    await world.setUp();
    const data = { ...CREATED.data, tags: { large: 'x'.repeat(100_000) } };

    await world.post(mlflowDelivery(SECRET, { ...CREATED, data }, { at: NOW }));

    expect(world.journal()[0]?.data).toEqual({
      origin: 'research',
      change: 'version-created',
      name: 'heart',
      version: '7',
    });
  });

  it.each([299, -299, 0])('is taken when it was signed %d s ago', async (seconds) => {
    const world = createMirrorWorld();
    await world.setUp();

    expect((await world.post(mlflow({ at: NOW - seconds * 1000 }))).status ?? 200).toBe(200);
  });

  it.each([
    [301, 'signed 301 s ago'],
    [-301, 'signed 301 s in the future'],
    [86_400, 'signed 86400 s ago'],
  ])('is refused when it was signed %d s ago, though the signature is right', async (seconds, reason) => {
    const world = createMirrorWorld();
    await world.setUp();

    const answered = await world.post(mlflow({ at: NOW - seconds * 1000 }));

    expect(answered).toMatchObject({ status: 401, json: { error_code: 'UNAUTHENTICATED' } });
    expect(told(answered.json)).toContain(reason);
    expect(world.journal()).toEqual([]);
  });
});

describe('a webhook that proves nothing', () => {
  const { body, headers } = mlflow();
  const without = (name: string) => ({
    body,
    headers: Object.fromEntries(Object.entries(headers).filter(([key]) => key !== name)),
  });
  const instead = (name: string, value: string) => ({ body, headers: { ...headers, [name]: value } });
  const signed = databricks();

  it.each([
    ['has another body', { headers, body: body.replace('"7"', '"8"') }, 401],
    ['has a body with one more space', { headers, body: `${body} ` }, 401],
    ['was signed with another secret', mlflowDelivery('another-secret-of-length', CREATED, { at: NOW }), 401],
    ['has another time than was signed', instead('x-mlflow-timestamp', String(NOW / 1000 + 1)), 401],
    ['has another delivery id', instead('x-mlflow-delivery-id', 'other'), 401],
    [
      'has a signature of another scheme',
      instead('x-mlflow-signature', headers['x-mlflow-signature']?.replace('v1', 'v2') ?? ''),
      401,
    ],
    ['has half a signature', instead('x-mlflow-signature', 'v1,AAAA'), 401],
    ['has no signature', without('x-mlflow-signature'), 401],
    ['has no delivery id', without('x-mlflow-delivery-id'), 400],
    ['has no time', without('x-mlflow-timestamp'), 400],
    ['has a time that is none', instead('x-mlflow-timestamp', 'now'), 400],
    [
      'shows MLflow’s signature as Databricks’',
      { body, headers: { 'x-databricks-signature': headers['x-mlflow-signature'] ?? '' } },
      401,
    ],
    ['has Databricks’ signature where no server is of Databricks', signed, 401],
  ])('is refused when it %s', async (_, delivery, status) => {
    const world = createMirrorWorld();
    await world.setUp();

    const answered = await world.post(delivery);

    expect(answered.status).toBe(status);
    expect(told(answered.json)).toMatch(/X-(MLflow|Databricks)-/);
    expect(world.journal()).toEqual([]);
  });

  it('is told neither the secret nor the signature that would be right', async () => {
    const world = createMirrorWorld();
    await world.setUp();
    const answered = await world.post({ headers, body: `${body} ` });
    const right = createHmac('sha256', SECRET).update(`${headers['x-mlflow-delivery-id']}.${NOW / 1000}.${body} `);

    expect(JSON.stringify(answered)).not.toContain(SECRET);
    expect(JSON.stringify(answered)).not.toContain(right.digest('base64'));
  });

  it('never gets a 5xx, whatever its bytes and headers are', async () => {
    const world = createMirrorWorld();
    await world.setUp();
    await world.setUp('bricks', { dialect: 'databricks', secret: 'another-secret-of-length' });
    const anything = fc.record({
      body: fc.uint8Array({ maxLength: 300 }).map((bytes) => Buffer.from(bytes)),
      headers: fc.dictionary(
        fc.constantFrom('x-mlflow-signature', 'x-mlflow-delivery-id', 'x-mlflow-timestamp', 'x-databricks-signature'),
        fc.oneof(fc.string(), fc.constantFrom('v1,', '1767225600', 'id')),
      ),
    });

    await fc.assert(
      fc.asyncProperty(anything, async (delivery) => {
        expect([400, 401]).toContain((await world.post(delivery)).status);
      }),
    );
    expect(world.journal()).toEqual([]);
  });

  it('never gets a 5xx for any JSON that is signed rightly', async () => {
    const world = createMirrorWorld();
    await world.setUp();
    await world.setUp('bricks', { dialect: 'databricks' });
    const part = fc.constantFrom(
      'model_version',
      'model_version_alias',
      'model_version_tag',
      'created',
      'set',
      'prompt',
    );
    const event = fc.record({ entity: part, action: part, data: fc.jsonValue() });
    const payload = fc.dictionary(fc.constantFrom('event', 'model_name', 'version', 'tags'), fc.jsonValue());

    await fc.assert(
      fc.asyncProperty(event, payload, async (mlflowEvent, databricksPayload) => {
        const answers = [
          await world.post(mlflowDelivery(SECRET, mlflowEvent, { at: NOW })),
          await world.post(databricksDelivery(SECRET, databricksPayload)),
        ];
        for (const { status = 200 } of answers) expect([200, 400]).toContain(status);
      }),
    );
  });

  it('is cut off above 1 MiB', async () => {
    const world = createMirrorWorld();
    await world.setUp();

    expect(await world.post({ headers, body: 'x'.repeat(1_048_577) })).toMatchObject({ status: 413 });
  });
});

describe('a signed webhook that asks for nothing', () => {
  const event = (entity: string, action: string, data: object) =>
    mlflowDelivery(SECRET, { entity, action, data }, { at: NOW });

  it.each([
    ['of a prompt', event('prompt_version', 'created', { name: 'greeting' }), /prompt_version\.created/],
    ['of a kind that nobody knows', event('model_version', 'exploded', {}), /model_version\.exploded/],
    ['of an empty model', event('registered_model', 'created', { name: 'heart' }), /registered_model\.created/],
    [
      'of a model that is not wanted',
      event('model_version', 'created', { ...CREATED.data, name: 'lung' }),
      /mirrors no model 'lung'/,
    ],
    [
      'of a name that cannot be here',
      event('model_version', 'created', { ...CREATED.data, name: 'heart/a' }),
      /cannot contain/,
    ],
    [
      'of the alias that rollouts move',
      event('model_version_alias', 'created', { name: 'heart', alias: 'champion', version: '1' }),
      /champion/,
    ],
    [
      'that MLflow sends as a test',
      event('model_version', 'created', { name: 'example_model', version: '1', source: 'models:/123', run_id: 'abcd' }),
      /signature is right/,
    ],
    [
      'of an alias that MLflow sends as a test',
      event('model_version_alias', 'created', { name: 'example_model', alias: 'example_alias', version: '1' }),
      /signature is right/,
    ],
  ])('is acknowledged: %s', async (_, delivery, reason) => {
    const world = createMirrorWorld();
    await world.setUp('research', { models: ['heart*'] });

    const answered = await world.post(delivery);

    expect(answered.status ?? 200).toBe(200);
    expect(answered.json).toEqual({ origin: 'research', ignored: expect.stringMatching(reason) });
    expect(world.journal()).toEqual([]);
  });

  it.each([
    ['no version', { name: 'heart', source: 's3://b/m' }],
    ['a version that is no number', { ...CREATED.data, version: '1.5' }],
    ['a version larger than any', { ...CREATED.data, version: '99999999999999999' }],
    ['no name', { ...CREATED.data, name: '' }],
    ['no source', { name: 'heart', version: '1' }],
    ['tags that are a list', { ...CREATED.data, tags: [] }],
  ])('is refused with 400 when it has %s', async (_, data) => {
    const world = createMirrorWorld();
    await world.setUp();

    expect(await world.post(event('model_version', 'created', data))).toMatchObject({ status: 400 });
  });
});

describe('a webhook of Databricks', () => {
  const setUp = async () => {
    const world = createMirrorWorld();
    await world.setUp('bricks', { dialect: 'databricks' });
    return world;
  };
  const about = { model_name: 'heart', version: '8' };

  it.each([
    ['MODEL_VERSION_CREATED', {}, { change: 'version-created' }],
    ['MODEL_VERSION_TRANSITIONED_STAGE', { to_stage: 'Production', from_stage: 'None' }, { change: 'stage-changed' }],
    ['MODEL_VERSION_TRANSITIONED_TO_ARCHIVED', { to_stage: 'Archived' }, { change: 'stage-changed' }],
    [
      'MODEL_VERSION_TAG_SET',
      {
        tags: [
          { key: 'a', value: '1' },
          { key: 'b', value: '2' },
        ],
      },
      { change: 'tags-changed', keys: ['a', 'b'] },
    ],
  ])('is journaled: %s', async (event, more, expected) => {
    const world = await setUp();

    await world.post(databricksDelivery(SECRET, { event, ...about, ...more }));

    expect(world.journal().map(({ data }) => data)).toEqual([
      { origin: 'bricks', name: 'heart', version: '8', ...expected },
    ]);
  });

  it.each(['COMMENT_CREATED', 'REGISTERED_MODEL_CREATED', 'TRANSITION_REQUEST_CREATED'])(
    'is acknowledged and ignored: %s',
    async (event) => {
      const world = await setUp();

      const answered = await world.post(databricksDelivery(SECRET, { event, ...about }));

      expect(answered.json).toEqual({ origin: 'bricks', ignored: `nothing is mirrored of '${event}'` });
    },
  );

  it('is refused when its body was altered', async () => {
    const world = await setUp();
    const { body, headers } = databricks();

    expect(await world.post({ headers, body: body.replace('heart', 'lung') })).toMatchObject({ status: 401 });
  });
});

describe('which origin server sent it', () => {
  it('shows by the secret', async () => {
    const world = createMirrorWorld();
    await world.setUp('other', { secret: 'another-secret-of-length' });
    await world.setUp('research');

    expect((await world.post(mlflow())).json).toMatchObject({ origin: 'research' });
  });

  it('has to be said where servers share one', async () => {
    const world = createMirrorWorld();
    await world.setUp('blue');
    await world.setUp('green');

    const unsaid = await world.post(mlflow());
    const said = await world.post(mlflow(), 'origin=green');

    expect(unsaid).toMatchObject({ status: 400 });
    expect(told(unsaid.json)).toContain('?origin=');
    expect(said.json).toMatchObject({ origin: 'green' });
  });

  it('is not taken from the query alone', async () => {
    const world = createMirrorWorld();
    await world.setUp('other', { secret: 'another-secret-of-length' });
    await world.setUp('research');

    expect(await world.post(mlflow(), 'origin=other')).toMatchObject({ status: 401 });
    expect(await world.post(mlflow(), 'origin=nobody')).toMatchObject({ status: 401 });
  });

  it('still shows when the secret of another cannot be opened', async () => {
    const world = createMirrorWorld();
    const broken = await world.setUp('broken');
    await world.services.origins.put({ ...broken, sealedSecret: 'AAAA' });
    await world.setUp('research');

    expect((await world.post(mlflow())).json).toMatchObject({ origin: 'research' });
  });
});
