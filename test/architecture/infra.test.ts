import { existsSync, globSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { evaluate, loopScope } from '../../infra/check/evaluate.ts';
import { type BicepFile, parseBicep, propertiesOf, valueAt } from '../../infra/check/parse.ts';
import { readSources } from '../../infra/check/project.ts';
import { INDEXED_WITHIN, staleFiles, UNINDEXED } from '../../infra/generate.ts';
import { CATALOGUE } from '../../shared/events/catalogue.ts';
import { SUBSCRIPTIONS } from '../../shared/events/subscriptions.ts';
import { configSchema } from '../../shared/platform/config.ts';
import {
  BLOB_CONTAINERS,
  CONTAINERS,
  type ContainerDefinition,
  DATABASE,
  poisonQueue,
  QUEUES,
} from '../../shared/platform/resources.ts';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const SOURCES = readSources(`${ROOT}infra`);
const bicep = (path: string): Promise<BicepFile> => parseBicep(path, SOURCES.get(path) ?? '');

/** What a file's resources of one type evaluate to at a path, loops unrolled. */
const valuesIn = (file: BicepFile, type: string, path: readonly string[]): readonly unknown[] =>
  file.declarations
    .filter((each) => each.kind === 'resource' && !each.existing && each.reference?.split('@')[0] === type)
    .flatMap((each) => {
      const node = valueAt(each.value, path);
      const scope = loopScope(each.loop, { file, sources: SOURCES, loops: new Map() });
      return node === undefined ? [] : (evaluate(node, scope) ?? []);
    });

describe('the generated JSON that Bicep loads', () => {
  it('is what the tables in the code say', () => {
    expect(staleFiles()).toEqual([]);
  });
});

describe('storage in Bicep', () => {
  it('has every queue of the code and its poison queue', async () => {
    const names = valuesIn(
      await bicep('modules/storage.bicep'),
      'Microsoft.Storage/storageAccounts/queueServices/queues',
      ['name'],
    );
    expect(names.toSorted()).toEqual(QUEUES.flatMap((queue) => [queue, poisonQueue(queue)]).toSorted());
  });

  it('has every blob container of the code, and the one for the deployment package', async () => {
    const type = 'Microsoft.Storage/storageAccounts/blobServices/containers';
    const names = valuesIn(await bicep('modules/storage.bicep'), type, ['name']);
    expect(names.toSorted()).toEqual(['deployment', ...BLOB_CONTAINERS].toSorted());
  });

  it('dead-letters to a container that exists', async () => {
    const path = [
      'properties',
      'deadLetterWithResourceIdentity',
      'deadLetterDestination',
      'properties',
      'blobContainerName',
    ];
    const file = await bicep('subscriptions.bicep');
    const types = [
      'Microsoft.EventGrid/topics/eventSubscriptions',
      'Microsoft.EventGrid/systemTopics/eventSubscriptions',
    ];
    expect(types.flatMap((type) => valuesIn(file, type, path))).toEqual([
      'dead-letters',
      'dead-letters',
      'dead-letters',
    ]);
    expect(BLOB_CONTAINERS).toContain('dead-letters');
  });
});

describe('Cosmos DB in Bicep', () => {
  const type = 'Microsoft.DocumentDB/databaseAccounts/sqlDatabases';

  it('has the database of the code', async () => {
    expect(valuesIn(await bicep('modules/cosmos.bicep'), type, ['name'])).toEqual([DATABASE]);
  });

  it('has every container with its partition key and expiry', async () => {
    const file = await bicep('modules/cosmos.bicep');
    const containers = valuesIn(file, `${type}/containers`, ['properties', 'resource']) as readonly {
      readonly id: string;
      readonly partitionKey: { readonly paths: readonly string[] };
      readonly defaultTtl?: number;
    }[];
    const definitions: readonly (readonly [string, ContainerDefinition])[] = Object.entries(CONTAINERS);
    expect(containers.map(({ id, partitionKey, defaultTtl }) => [id, ...partitionKey.paths, defaultTtl])).toEqual(
      definitions.map(([id, { partitionKey, defaultTtl }]) => [id, partitionKey, defaultTtl]),
    );
  });
});

describe('the index of Cosmos DB', () => {
  it('has every property that a store compares or sorts by', () => {
    const files = globSync('shared/**/*.ts', { cwd: ROOT }).map((path) => readFileSync(`${ROOT}${path}`, 'utf8'));
    const queried = files.flatMap((text) => [...text.matchAll(/\bpath: '([\w.]+)/g)].map(([, name = '']) => name));
    expect(queried).toContain('stage');
    const within = new Set(queried.filter((path) => UNINDEXED.some((name) => name === path.split('.')[0])));
    expect([...within].toSorted()).toEqual(INDEXED_WITHIN);
  });
});

describe('Event Grid subscriptions', () => {
  it('in Bicep are those of the code', async () => {
    const file = await bicep('subscriptions.bicep');
    const named = [
      ...valuesIn(file, 'Microsoft.EventGrid/topics/eventSubscriptions', ['name']),
      ...valuesIn(file, 'Microsoft.EventGrid/systemTopics/eventSubscriptions', ['name']),
    ];
    expect(named.toSorted()).toEqual(SUBSCRIPTIONS.map((subscription) => subscription.name).toSorted());
  });

  it('have names that Azure takes, each once', () => {
    const names = SUBSCRIPTIONS.map((subscription) => subscription.name);
    expect(names.filter((name) => !/^[A-Za-z0-9-]{3,64}$/.test(name))).toEqual([]);
    expect(new Set(names).size).toBe(names.length);
  });

  it('go to functions that exist', () => {
    const targets = new Set(SUBSCRIPTIONS.map((subscription) => subscription.function));
    expect([...targets].filter((name) => !existsSync(`${ROOT}functions/events/${name}.ts`))).toEqual([]);
  });

  it('tell notify of every event that Slipway sends', () => {
    const notify = SUBSCRIPTIONS.filter((subscription) => subscription.function === 'notify');
    expect(new Set(notify.map(({ topic }) => topic))).toEqual(new Set(['slipway']));
    expect(notify.flatMap(({ includedEventTypes }) => includedEventTypes)).toEqual(CATALOGUE.map(({ type }) => type));
  });

  it('let every event of a system topic be replayed through our topic', () => {
    const ours = (name: string) =>
      SUBSCRIPTIONS.find((each) => each.topic === 'slipway' && each.function === name)?.includedEventTypes ?? [];
    const lost = SUBSCRIPTIONS.filter((each) => each.topic !== 'slipway').flatMap((each) =>
      each.includedEventTypes.filter((type) => !ours(each.function).includes(type)),
    );
    expect(lost).toEqual([]);
  });
});

describe('the app settings in Bicep', () => {
  /** Read by the host, by triggers (connection prefixes) and by the identity library. */
  const OF_THE_PLATFORM = /^(AzureWebJobsStorage__|COSMOS__|APPLICATIONINSIGHTS_|FUNCTIONS_)/;
  /** Stand in for the identity on the embedded stack. */
  const DEVELOPMENT_ONLY = ['COSMOS_KEY', 'STORAGE_CONNECTION_STRING', 'EVENT_GRID_TOPIC_KEY', 'ARM_TOKEN'];

  const settings = async (): Promise<readonly string[]> => {
    const file = await bicep('modules/functions.bicep');
    const declared = file.declarations.find((each) => each.name === 'settings');
    const properties = valueAt(declared?.value, ['properties']);
    return properties === undefined ? [] : propertiesOf(properties).map((property) => property.key ?? '');
  };

  it('hold everything the code cannot do without', async () => {
    const required = Object.entries(configSchema.shape)
      .filter(([, schema]) => !schema.safeParse(undefined).success)
      .map(([name]) => name);
    const given = await settings();
    expect(required.filter((name) => !given.includes(name))).toEqual([]);
    expect(given).toEqual(expect.arrayContaining(['ACCESS_TOKEN_SHA256', 'AZURE_CLIENT_ID']));
  });

  it('hold no key', async () => {
    expect((await settings()).filter((name) => DEVELOPMENT_ONLY.includes(name))).toEqual([]);
  });

  it('hold nothing that nobody reads', async () => {
    const known = Object.keys(configSchema.shape);
    const unread = (await settings()).filter((name) => !OF_THE_PLATFORM.test(name) && !known.includes(name));
    expect(unread).toEqual([]);
  });
});

describe('the azd project', () => {
  const readJson = (path: string) => JSON.parse(readFileSync(`${ROOT}${path}`, 'utf8')) as { parameters: object };

  it('gives only parameters that main.bicep has, and all it needs', async () => {
    const params = (await bicep('main.bicep')).declarations.filter((each) => each.kind === 'param');
    const given = Object.keys(readJson('infra/main.parameters.json').parameters);
    const names = params.map((param) => param.name);
    const required = params.filter((param) => param.value === undefined).map((param) => param.name);
    expect(given.filter((name) => !names.includes(name))).toEqual([]);
    expect(required.filter((name) => !given.includes(name))).toEqual([]);
  });

  it('names hooks that exist, for both kinds of shell', () => {
    const { hooks } = parse(readFileSync(`${ROOT}azure.yaml`, 'utf8')) as {
      readonly hooks: Record<string, Record<'posix' | 'windows', { readonly run: string }>>;
    };
    const scripts = Object.values(hooks).flatMap((hook) => [hook.posix.run, hook.windows.run]);
    expect(scripts.filter((path) => !existsSync(`${ROOT}${path}`))).toEqual([]);
    expect(Object.keys(hooks)).toEqual(['preprovision', 'prepackage', 'postdeploy']);
  });

  it('gives postdeploy every parameter of subscriptions.bicep, out of outputs of main.bicep', async () => {
    const params = (await bicep('subscriptions.bicep')).declarations.filter((each) => each.kind === 'param');
    const outputs = (await bicep('main.bicep')).declarations.filter((each) => each.kind === 'output');
    for (const [file, pattern] of [
      ['postdeploy.sh', /(\w+)="\$(\w+)"/g],
      ['postdeploy.ps1', /(\w+)=\$env:(\w+)/g],
    ] as const) {
      const given = [...readFileSync(`${ROOT}infra/hooks/${file}`, 'utf8').matchAll(pattern)];
      expect(given.map(([, name]) => name)).toEqual(params.map((param) => param.name));
      const names = outputs.map((output) => output.name);
      expect(given.map(([, , variable]) => variable ?? '').filter((name) => !names.includes(name))).toEqual([]);
    }
  });
});

describe('the reference page', () => {
  const page = readFileSync(`${ROOT}docs/reference/infrastructure.md`, 'utf8');
  const files = [...SOURCES.keys()].filter((path) => path.endsWith('.bicep'));

  it('names every resource type that is deployed', async () => {
    const declarations = (await Promise.all(files.map(bicep))).flatMap((file) => file.declarations);
    const types = declarations.flatMap((each) =>
      each.kind === 'resource' ? [each.reference?.split('@')[0] ?? ''] : [],
    );
    expect([...new Set(types)].filter((type) => !page.includes(`\`${type}\``))).toEqual([]);
  });

  it('names every role that is assigned, and no role lies unused in the table', () => {
    const roles = Object.keys(JSON.parse(SOURCES.get('roles.json') ?? '{}') as object);
    const text = files.map((path) => SOURCES.get(path)).join('\n');
    const written = (role: string) =>
      role.replaceAll(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`).replace('acr ', 'acr');
    expect(roles.filter((role) => !text.includes(`roles.${role}`))).toEqual([]);
    expect(roles.filter((role) => !page.toLowerCase().includes(written(role)))).toEqual([]);
  });
});
