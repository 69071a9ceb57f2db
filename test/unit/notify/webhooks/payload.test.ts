import { beforeEach, describe, expect, it } from 'vitest';
import { deleteAlias, setAlias } from '../../../../shared/registry/aliases.ts';
import { createModel } from '../../../../shared/registry/create-model.ts';
import { createVersion } from '../../../../shared/registry/create-version.ts';
import { deleteModel } from '../../../../shared/registry/delete-model.ts';
import { deleteVersion } from '../../../../shared/registry/delete-version.ts';
import { renameModel } from '../../../../shared/registry/rename-model.ts';
import { transitionStage } from '../../../../shared/registry/transition-stage.ts';
import { deleteModelTag, describeModel, setModelTag } from '../../../../shared/registry/update-model.ts';
import { deleteVersionTag, describeVersion, setVersionTag } from '../../../../shared/registry/update-version.ts';
import { CAUSE, createWebhookWorld, type WebhookWorld } from '../../../support/webhook-world.ts';

const PROMPT = { key: 'mlflow.prompt.is_prompt', value: 'true' };
const TYPE = { key: '_mlflow_prompt_type', value: 'text' };
const text = (value: string) => ({ key: 'mlflow.prompt.text', value });
const heart = { name: 'heart' };
const one = { ...heart, version: '1' };

let world: WebhookWorld;
let registry: WebhookWorld['services'];

beforeEach(async () => {
  world = createWebhookWorld();
  registry = world.services;
  await world.webhook();
});

/** What the webhook got since: event and data. */
const got = async (): Promise<readonly (readonly [string, unknown])[]> => {
  world.posted.length = 0;
  await world.tell();
  await world.attempt();
  return world.posted.map(({ body }) => {
    const { entity, action, data } = JSON.parse(body) as { entity: string; action: string; data: unknown };
    return [`${entity}.${action}`, data];
  });
};

describe('a webhook', () => {
  it('is told of a new model with its tags as an object, and of no description as an empty one', async () => {
    await createModel(registry, { ...heart, description: 'beats', tags: [{ key: 'team', value: 'cardio' }] }, CAUSE);
    expect(await got()).toEqual([
      ['registered_model.created', { name: 'heart', tags: { team: 'cardio' }, description: 'beats' }],
    ]);
    await createModel(registry, { name: 'bare' }, CAUSE);
    expect(await got()).toEqual([['registered_model.created', { name: 'bare', tags: {}, description: '' }]]);
  });

  it('is told of a new version with its source as it was asked for, and of nothing as null', async () => {
    await createModel(registry, heart, CAUSE);
    await got();
    const source = 'models:/m-1';
    const tags = [{ key: 'a', value: '' }];
    await createVersion(registry, { ...heart, source, runId: 'r1', description: 'first', tags }, CAUSE);
    expect(await got()).toEqual([
      ['model_version.created', { ...one, source, run_id: 'r1', tags: { a: '' }, description: 'first' }],
    ]);
    await createVersion(registry, { ...heart, source: 's3://b/2' }, CAUSE);
    expect(await got()).toEqual([
      [
        'model_version.created',
        { name: 'heart', version: '2', source: 's3://b/2', run_id: null, tags: {}, description: null },
      ],
    ]);
  });

  it('is told of tags of versions and of aliases', async () => {
    await createModel(registry, heart, CAUSE);
    await createVersion(registry, { ...heart, source: 's3://b/1' }, CAUSE);
    await got();
    await setVersionTag(registry, { ...one, key: 'k', value: 'v' }, CAUSE);
    expect(await got()).toEqual([['model_version_tag.set', { ...one, key: 'k', value: 'v' }]]);
    await deleteVersionTag(registry, { ...one, key: 'k' }, CAUSE);
    expect(await got()).toEqual([['model_version_tag.deleted', { ...one, key: 'k' }]]);
    await setAlias(registry, { ...one, alias: 'champion' }, CAUSE);
    expect(await got()).toEqual([['model_version_alias.created', { ...one, alias: 'champion' }]]);
    await deleteAlias(registry, { ...heart, alias: 'champion' }, CAUSE);
    expect(await got()).toEqual([['model_version_alias.deleted', { name: 'heart', alias: 'champion' }]]);
  });

  it('is told of nothing that MLflow has no event for', async () => {
    await createModel(registry, heart, CAUSE);
    await createVersion(registry, { ...heart, source: 's3://b/1' }, CAUSE);
    await setAlias(registry, { ...one, alias: 'champion' }, CAUSE);
    await got();
    await describeModel(registry, { ...heart, description: 'x' }, CAUSE);
    await setModelTag(registry, { ...heart, key: 'k', value: 'v' }, CAUSE);
    await deleteModelTag(registry, { ...heart, key: 'k' }, CAUSE);
    await describeVersion(registry, { ...one, description: 'x' }, CAUSE);
    await transitionStage(registry, { ...one, stage: 'Production' }, CAUSE);
    await deleteVersion(registry, one, CAUSE);
    await renameModel(registry, { ...heart, newName: 'lung' }, CAUSE);
    await deleteModel(registry, 'lung', CAUSE);
    expect(world.untold()).toHaveLength(8);
    expect(await got()).toEqual([]);
  });

  it('is told of prompts as prompts, never as models, and without MLflow’s own tags', async () => {
    const own = { key: 't', value: '1' };
    await createModel(registry, { ...heart, tags: [PROMPT, TYPE, own] }, CAUSE);
    expect(await got()).toEqual([['prompt.created', { name: 'heart', tags: { t: '1' }, description: '' }]]);
    const tags = [PROMPT, TYPE, text('Hello {{name}}!'), own];
    await createVersion(registry, { ...heart, source: 'prompt-template', tags }, CAUSE);
    expect(await got()).toEqual([
      ['prompt_version.created', { ...one, template: 'Hello {{name}}!', tags: { t: '1' }, description: null }],
    ]);
    await setModelTag(registry, { ...heart, key: 'k', value: 'v' }, CAUSE);
    await deleteModelTag(registry, { ...heart, key: 'k' }, CAUSE);
    await setVersionTag(registry, { ...one, key: 'k', value: 'v' }, CAUSE);
    await deleteVersionTag(registry, { ...one, key: 'k' }, CAUSE);
    await setAlias(registry, { ...one, alias: 'prod' }, CAUSE);
    await deleteAlias(registry, { ...heart, alias: 'prod' }, CAUSE);
    expect(Object.fromEntries(await got())).toEqual({
      'prompt_tag.set': { ...heart, key: 'k', value: 'v' },
      'prompt_tag.deleted': { ...heart, key: 'k' },
      'prompt_version_tag.set': { ...one, key: 'k', value: 'v' },
      'prompt_version_tag.deleted': { ...one, key: 'k' },
      'prompt_alias.created': { ...one, alias: 'prod' },
      'prompt_alias.deleted': { ...heart, alias: 'prod' },
    });
  });

  it('is told of one change once, however often its event comes', async () => {
    await createModel(registry, heart, CAUSE);
    await Promise.all([world.tell(), world.tell(), world.tell()]);
    await world.attempt();
    expect(world.posted).toHaveLength(1);
  });
});

describe('what is too large for an event', () => {
  const long = 'ä'.repeat(50_000);

  it('is left out of it, and what is small stays', async () => {
    await createModel(registry, heart, CAUSE);
    const tags = [
      { key: 'large', value: long },
      { key: 'team', value: 'cardio' },
    ];
    await createVersion(registry, { ...heart, source: 's3://b/1', tags }, CAUSE);
    await setVersionTag(registry, { ...one, key: 'other', value: long }, CAUSE);
    for (const { data } of world.untold()) expect(JSON.stringify(data).length).toBeLessThan(1_000);
    expect(world.untold().map(({ data }) => data)).toEqual(
      expect.arrayContaining([
        expect.objectContaining({ tags: { team: 'cardio' }, abridged: true }),
        expect.objectContaining({ ...one, change: 'tag-set', key: 'other', abridged: true }),
      ]),
    );
  });

  it('is read from the registry for the webhook', async () => {
    await createModel(registry, { ...heart, tags: [PROMPT] }, CAUSE);
    await got();
    await createVersion(registry, { ...heart, source: 'p', tags: [PROMPT, text(long)] }, CAUSE);
    expect(await got()).toEqual([['prompt_version.created', { ...one, template: long, tags: {}, description: null }]]);
    await setVersionTag(registry, { ...one, key: 'k', value: long }, CAUSE);
    expect(await got()).toEqual([['prompt_version_tag.set', { ...one, key: 'k', value: long }]]);
  });

  it('is missing when the registry has it no more', async () => {
    await createModel(registry, heart, CAUSE);
    await got();
    const tags = [{ key: 'k', value: long }];
    await createVersion(registry, { ...heart, source: 's3://b/1', tags }, CAUSE);
    await deleteVersion(registry, one, CAUSE);
    expect(await got()).toEqual([
      ['model_version.created', { ...one, source: 's3://b/1', run_id: null, tags: {}, description: null }],
    ]);
  });
});

describe('which webhooks are told', () => {
  const toldOf = async (name: string): Promise<readonly string[]> => {
    await createModel(registry, { name }, CAUSE);
    world.posted.length = 0;
    await world.tell();
    await world.attempt();
    return world.posted.map(({ url }) => new URL(url).pathname).sort();
  };

  it.each([
    [['heart'], true],
    [['heart*'], true],
    [['*'], true],
    [['lung', 'he*'], true],
    [['heart2'], false],
    [['Heart'], false],
    [['eart*'], false],
  ])('models %j match heart: %s', async (models, matches) => {
    await world.webhook({ models, url: 'https://hooks.example.org/filtered' });
    expect((await toldOf('heart')).includes('/filtered')).toBe(matches);
  });

  it('are those that are active and asked for the event', async () => {
    const url = (path: string) => `https://hooks.example.org/${path}`;
    await world.webhook({ url: url('disabled'), status: 'DISABLED' });
    await world.webhook({ url: url('other'), events: [{ entity: 'model_version', action: 'created' }] });
    await world.webhook({ url: url('b'), events: [{ entity: 'registered_model', action: 'created' }] });
    expect(await toldOf('heart')).toEqual(['/a', '/b']);
  });

  it('are not those that were created after the event', async () => {
    await createModel(registry, heart, CAUSE);
    world.advance(1);
    await world.webhook({ url: 'https://hooks.example.org/late' });
    expect(await toldOf('lung')).toEqual(['/a', '/a', '/late']);
  });
});
