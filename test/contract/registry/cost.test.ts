import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { code, table } from '../../../scripts/docs/markdown.ts';
import { startTestCosmos, type TestCosmos } from '../../support/cosmos.ts';
import { measuredDocuments, type Spent } from '../../support/registry/measured-documents.ts';
import { createRegistryServices, type MlflowClient, mlflowClient } from '../../support/registry/registry-server.ts';

const PAGE = '../../../docs/reference/cost.md';
/** Makes a model or a version a document of about 1 KB. */
const DESCRIPTION = 'x'.repeat(480);
const MODEL = { name: 'heart' };
const VERSION = { name: 'heart', version: '1' };
const SOURCE = { source: 'mlflow-artifacts:/0/heart/artifacts', description: DESCRIPTION };

type Call = readonly [name: string, call: (client: MlflowClient) => Promise<unknown>];

/** In an order in which each finds what it needs. */
const CALLS: readonly Call[] = [
  [
    'registered-models/create',
    ({ post }) => post('registered-models/create', { name: 'liver', description: DESCRIPTION }),
  ],
  ['registered-models/get', ({ get }) => get('registered-models/get', MODEL)],
  ['registered-models/get-latest-versions', ({ get }) => get('registered-models/get-latest-versions', MODEL)],
  [
    'registered-models/update',
    ({ patch }) => patch('registered-models/update', { ...MODEL, description: DESCRIPTION }),
  ],
  ['registered-models/set-tag', ({ post }) => post('registered-models/set-tag', { ...MODEL, key: 'team', value: 'a' })],
  ['registered-models/delete-tag', (call) => call.delete('registered-models/delete-tag', { ...MODEL, key: 'team' })],
  ['registered-models/alias (POST)', ({ post }) => post('registered-models/alias', { ...VERSION, alias: 'champion' })],
  ['registered-models/alias (GET)', ({ get }) => get('registered-models/alias', { ...MODEL, alias: 'champion' })],
  [
    'registered-models/alias (DELETE)',
    (call) => call.delete('registered-models/alias', { ...MODEL, alias: 'champion' }),
  ],
  ['model-versions/create', ({ post }) => post('model-versions/create', { ...MODEL, ...SOURCE })],
  ['model-versions/get', ({ get }) => get('model-versions/get', VERSION)],
  ['model-versions/get-download-uri', ({ get }) => get('model-versions/get-download-uri', VERSION)],
  ['model-versions/update', ({ patch }) => patch('model-versions/update', { ...VERSION, description: DESCRIPTION })],
  ['model-versions/set-tag', ({ post }) => post('model-versions/set-tag', { ...VERSION, key: 'team', value: 'a' })],
  ['model-versions/delete-tag', (call) => call.delete('model-versions/delete-tag', { ...VERSION, key: 'team' })],
  [
    'model-versions/transition-stage',
    ({ post }) => post('model-versions/transition-stage', { ...VERSION, stage: 'Staging' }),
  ],
  ['model-versions/delete', (call) => call.delete('model-versions/delete', { ...MODEL, version: '2' })],
  ['registered-models/rename', ({ post }) => post('registered-models/rename', { name: 'liver', new_name: 'kidney' })],
  ['registered-models/delete', (call) => call.delete('registered-models/delete', { name: 'kidney' })],
];

const SEARCHES: readonly Call[] = [
  ['registered-models/search', ({ get }) => get('registered-models/search', { max_results: 100 })],
  [
    'registered-models/search, `timestamp DESC`',
    ({ get }) => get('registered-models/search', { max_results: 100, order_by: 'timestamp DESC' }),
  ],
  [
    "registered-models/search, `name LIKE 'model-00%'`",
    ({ get }) => get('registered-models/search', { max_results: 100, filter: "name LIKE 'model-00%'" }),
  ],
  ['model-versions/search', ({ get }) => get('model-versions/search', { max_results: 100 })],
  [
    "model-versions/search, `name = 'heart'`",
    ({ get }) => get('model-versions/search', { max_results: 100, filter: "name = 'heart'" }),
  ],
  [
    "model-versions/search, `run_id = 'run7'`",
    ({ get }) => get('model-versions/search', { max_results: 100, filter: "run_id = 'run7'" }),
  ],
  [
    "model-versions/search, `tags.team = 'team 1'`",
    ({ get }) => get('model-versions/search', { max_results: 100, filter: "tags.team = 'team 1'" }),
  ],
  ['model-versions/search, `name`', ({ get }) => get('model-versions/search', { max_results: 100, order_by: 'name' })],
];

let cosmos: TestCosmos;
beforeAll(async () => {
  cosmos = await startTestCosmos();
});
afterAll(() => cosmos.close());

const measure = async (client: MlflowClient, spent: Spent, calls: readonly Call[]) => {
  const rows: string[][] = [];
  for (const [name, call] of calls) {
    Object.assign(spent, { reads: 0, batches: 0, queries: 0, units: 0 } satisfies Spent);
    await call(client);
    const { reads, batches, queries, units } = spent;
    rows.push([
      name.replace(/^[a-z/-]+/, code),
      ...[reads, batches, queries].map((count) => (count === 0 ? '' : String(count))),
      units.toFixed(0),
    ]);
  }
  return table(['call', 'reads', 'batches', 'queries', 'RU'], rows);
};

describe('what the calls of the registry cost', () => {
  it('is what the page says; with --update it is written anew', async () => {
    const { documents, spent, close } = await measuredDocuments(cosmos.url);
    const client = mlflowClient(createRegistryServices(documents));
    await client.post('registered-models/create', { ...MODEL, description: DESCRIPTION });
    await client.post('model-versions/create', { ...MODEL, ...SOURCE });
    await client.get('registered-models/get', MODEL);
    const calls = await measure(client, spent, CALLS);
    for (let index = 0; index < 300; index += 1) {
      const name = `model-${String(index).padStart(3, '0')}`;
      await client.post('registered-models/create', { name, description: DESCRIPTION });
      const tags = [{ key: 'team', value: `team ${index % 10}` }];
      await client.post('model-versions/create', { name, ...SOURCE, run_id: `run${index}`, tags });
    }
    const searches = await measure(client, spent, SEARCHES);
    close();
    const text = [
      '<!-- Made by test/contract/registry/cost.test.ts. Change it there, then: npx vitest run test/contract/registry/cost.test.ts --update -->',
      '# What a call costs',
      'Cosmos DB bills request units (RU). These tables are measured: each call of the MLflow registry runs against the Cosmos DB emulator of the embedded stack through the real client, and what the answers charge is added up. A test holds the page to it.',
      '## Calls about one model or version',
      'Models and versions are documents of about 1 KB here, and the name has been met by this worker before; the first call with a name costs one read (1 RU) more. A batch is one transaction: the change and its journal entry. Which model has a name never changes hands unseen, so a worker remembers it; documents themselves are never cached, and every answer is as new as the read.',
      calls,
      'A model with versions in several stages is read with one version for each. `rename` and `delete` also change the reservation of the name, which is a partition of its own; deleting a model with many versions takes one batch for each hundred.',
      '## Searches for a page of 100',
      'Among 300 models with a version each. What a page costs does not grow with the registry: it is read in the order of an index, from where the page before ended, and stops when it is full.',
      searches,
      'A query that answers nothing costs about 2 to 3 RU. A page of models reads the latest versions of each with a point read. What the store cannot decide (`LIKE` on tags, and `_` in a pattern) is decided here, on what it lets through: such a search reads as many documents as have the tag. In order of names, a filter on versions that few meet, but more than 250, also reads the models between them.',
      '## How sure the numbers are',
      'Reads follow what Microsoft states: [1 RU for 1 KB, 10 RU for 100 KB](https://learn.microsoft.com/azure/cosmos-db/optimize-cost-reads-writes). Writes follow its rules of thumb: about 5.5 RU for a new 1 KB document, twice that to replace one, and a batch is the sum of its writes. The service charges more for every property that it indexes, so expect up to half as much again for writes. A query is charged for looking up the index, and for each document it loads and gives back; where a filter cannot use the index, the service also charges for what it looked at. The deployment asks for strong consistency, under which the service charges double for what is read. The number of operations is exact.',
    ].join('\n\n');
    await expect(`${text}\n`).toMatchFileSnapshot(PAGE);
  }, 60_000);
});
