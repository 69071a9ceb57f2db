import { beforeAll, describe, expect, it } from 'vitest';
import { searchModels } from '../../../shared/registry/search-models.ts';
import { searchVersions } from '../../../shared/registry/search-versions.ts';
import type { RegistryServices } from '../../../shared/registry/services.ts';
import { createMemoryDocuments } from '../../support/memory-documents.ts';
import { type Count, countedDocuments, countOf } from '../../support/registry/counted-documents.ts';
import { storeModels } from '../../support/registry/many-versions.ts';
import { createRegistryServices } from '../../support/registry/registry-server.ts';

const MODELS = 20_000;
const VERSIONS_EACH = 5;
/** Documents that a page of 100 may read, whatever else there is. */
const MOST = 1_500;

const NOT_PROMPT = "tag.`mlflow.prompt.is_prompt` != 'true'";

describe(`a page of 100 among ${MODELS} models with ${MODELS * VERSIONS_EACH} versions`, () => {
  let services: RegistryServices;
  let count: Count;

  beforeAll(async () => {
    const counted = countedDocuments(createMemoryDocuments());
    count = counted.count;
    services = createRegistryServices(counted.documents);
    await storeModels(
      counted.documents,
      Array.from({ length: MODELS }, (_, index) => ({
        name: `team-${String(index % 40).padStart(2, '0')}.model-${String(index).padStart(5, '0')}`,
        updatedAt: index,
        tags: [{ key: 'area', value: `area ${index % 200}` }],
        ...(index % 1_000 === 0 ? { renamedAt: 500_000 + index } : {}),
        versions: Array.from({ length: VERSIONS_EACH }, (_unused, at) => ({
          version: at + 1,
          createdAt: at * MODELS + ((index * 7_919) % MODELS),
          runId: `run${index}`,
          source: `s3://bucket/${index}/${at}`,
          tags: [
            { key: 'stage', value: at === 0 ? 'first' : 'later' },
            ...(index % 500 === 0 ? [{ key: 'rare', value: String(at) }] : []),
          ],
        })),
      })),
    );
  }, 60_000);

  const everyPage = async (pages: number, page: (token: string | undefined) => Promise<string | undefined>) => {
    let token: string | undefined;
    for (let taken = 0; taken < pages; taken += 1) {
      const { documents } = await countOf(count, async () => {
        token = await page(token);
      });
      expect(documents).toBeLessThanOrEqual(MOST);
      if (token === undefined) return;
    }
  };

  it.each([
    [''],
    ["name = 'team-00.model-00000'"],
    ["name LIKE 'team-07%'"],
    ["name LIKE '%model-0001%'"],
    ["name ILIKE '%MODEL-0001%'"],
    ["name != 'team-00.model-00000'"],
    ["tags.stage = 'first'"],
    ["tags.stage != 'first'"],
    ["tags.rare = '3'"],
    ["tags.rare LIKE '_'"],
    ["run_id = 'run777'"],
    ["run_id IN ('run1', 'run2')"],
    ["source_path = 's3://bucket/5/1'"],
    ["source_path LIKE '%/3'"],
    ['version_number = 3'],
    ['version_number > 4'],
  ])(
    'reads at most 1 500 documents for versions with %j, in every order',
    async (filter) => {
      for (const orderBy of [[], ['name DESC'], ['version_number DESC'], ['last_updated_timestamp']]) {
        await everyPage(2, async (token) => {
          const search = { filter, orderBy, maxResults: 100, ...(token === undefined ? {} : { pageToken: token }) };
          return (await searchVersions(services, search)).nextPageToken;
        });
      }
    },
    60_000,
  );

  it.each([[NOT_PROMPT], ["name LIKE 'team-07%'"], ["name ILIKE '%MODEL-0001%'"], ["tags.area = 'area 7'"]])(
    'reads at most 1 500 documents for models with %j, in every order',
    async (filter) => {
      for (const orderBy of [[], ['name DESC'], ['timestamp'], ['timestamp DESC']]) {
        await everyPage(2, async (token) => {
          const search = { filter, orderBy, maxResults: 100, ...(token === undefined ? {} : { pageToken: token }) };
          return (await searchModels(services, search)).nextPageToken;
        });
      }
    },
    60_000,
  );
});
