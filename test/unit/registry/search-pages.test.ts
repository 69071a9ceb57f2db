import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import { parseFilter } from '../../../shared/mlflow/filter/parse-filter.ts';
import { comparePositions, parseOrderBy } from '../../../shared/mlflow/order-by.ts';
import type { Search } from '../../../shared/mlflow/search.ts';
import { inScope, type ModelScope } from '../../../shared/platform/access/grant.ts';
import { createModel } from '../../../shared/registry/create-model.ts';
import { createVersion } from '../../../shared/registry/create-version.ts';
import { matches } from '../../../shared/registry/matches.ts';
import type { ModelDocument, ModelVersion, VersionDocument } from '../../../shared/registry/model.ts';
import { toModelVersion } from '../../../shared/registry/read-models.ts';
import { searchModels } from '../../../shared/registry/search-models.ts';
import { searchVersions } from '../../../shared/registry/search-versions.ts';
import { MODEL_FILTER, MODEL_ORDER, VERSION_FILTER, VERSION_ORDER } from '../../../shared/registry/searchable.ts';
import type { RegistryServices } from '../../../shared/registry/services.ts';
import { createMemoryDocuments, type MemoryDocuments } from '../../support/memory-documents.ts';
import { type Made, type MadeVersion, storeModels } from '../../support/registry/many-versions.ts';
import { createRegistryServices } from '../../support/registry/registry-server.ts';

const CAUSE = { causedBy: 'request', correlationId: 'story' };

const tag = (key: string, value: string) => ({ key, value });
const PROMPT = tag('mlflow.prompt.is_prompt', 'true');

const madeVersion: fc.Arbitrary<Omit<MadeVersion, 'version'>> = fc.record(
  {
    createdAt: fc.integer({ min: 1, max: 6 }),
    updatedAt: fc.integer({ min: 6, max: 12 }),
    runId: fc.constantFrom('r1', 'r2', ''),
    source: fc.constantFrom('s3://a', 's3://b_c', 'S3://B[C'),
    tags: fc.constantFrom([], [tag('team', 'cardio')], [tag('team', 'neuro'), tag('x', 'cardio')], [PROMPT]),
  },
  { requiredKeys: ['createdAt'] },
);

const made: fc.Arbitrary<Omit<Made, 'name'>> = fc.record(
  {
    tags: fc.constantFrom([], [tag('team', 'cardio')], [PROMPT]),
    updatedAt: fc.integer({ min: 1, max: 4 }),
    renamedAt: fc.integer({ min: 5, max: 10 }),
    versions: fc
      .uniqueArray(fc.integer({ min: 1, max: 5 }), { maxLength: 4 })
      .chain((numbers) => fc.tuple(...numbers.map((version) => madeVersion.map((fields) => ({ version, ...fields }))))),
  },
  { requiredKeys: ['versions'] },
);

const NAMES = ['a', 'B', 'ab', 'a_b', 'b%', 'K', '\u212a', 'ki', '心', '\uff21', '😀', 'zz'];

const registry: fc.Arbitrary<Made[]> = fc
  .subarray(NAMES)
  .chain((names) => fc.tuple(...names.map((name) => made.map((fields) => ({ name, ...fields })))));

const clause = (attributes: readonly string[]) =>
  fc.oneof(
    fc.tuple(
      fc.constantFrom(...attributes),
      fc.constantFrom('=', '!=', 'LIKE', 'ILIKE'),
      fc.constantFrom('a', 'a%', '%B%', '_', 'a_b', 'k%', 'KI', 's3://%', '%b_c', 'r1', '%', '%[c', 'cardio', 'true'),
    ),
    fc.tuple(
      fc.constantFrom('tags.team', 'tags.x', 'tags.`mlflow.prompt.is_prompt`'),
      fc.constantFrom('=', '!=', 'LIKE', 'ILIKE'),
      fc.constantFrom('cardio', 'C%', 'neuro', 'true'),
    ),
  );

const filterOf = (attributes: readonly string[], more: readonly string[] = []) =>
  fc
    .array(
      fc.oneof(
        clause(attributes).map(([key, operator, value]) => `${key} ${operator} '${value}'`),
        ...(more.length === 0 ? [] : [fc.constantFrom(...more)]),
      ),
      { maxLength: 2 },
    )
    .map((clauses) => clauses.join(' AND '));

const orderOf = (words: readonly string[]) =>
  fc
    .subarray([...words])
    .chain((some) => fc.shuffledSubarray(some, { minLength: some.length }))
    .chain((some) => fc.tuple(...some.map((word) => fc.constantFrom(word, `${word} DESC`))));

const versionFilter = filterOf(
  ['name', 'run_id', 'source_path'],
  ['version_number >= 2', 'version_number != 3', 'version_number = 1', "run_id IN ('r1', 'r2')"],
);
const versionOrder = orderOf(['name', 'version_number', 'creation_timestamp', 'last_updated_timestamp']);
const modelOrder = orderOf(['name', 'timestamp']);

const valuesOf = <T extends { readonly kind: string }>(documents: MemoryDocuments, kind: T['kind']): T[] =>
  documents
    .all()
    .filter(({ value }) => value.kind === kind)
    .map(({ value }) => value as unknown as T);

const versionPosition = (order: ReturnType<typeof parseOrderBy>, version: ModelVersion) =>
  order.map(({ key }) => {
    if (key === 'name') return version.name;
    if (key === 'version_number') return Number(version.version);
    return key === 'creation_timestamp' ? version.createdAt : version.updatedAt;
  });

/** Everything, filtered and sorted as a whole. */
const allVersions = (documents: MemoryDocuments, { filter = '', orderBy = [] }: Search): string[] => {
  const models = new Map(valuesOf<ModelDocument>(documents, 'registered-model').map((one) => [one.modelId, one]));
  const clauses = parseFilter(filter, VERSION_FILTER);
  const order = parseOrderBy(orderBy, VERSION_ORDER);
  return valuesOf<VersionDocument>(documents, 'model-version')
    .flatMap((document) => {
      const model = models.get(document.modelId);
      return model === undefined ? [] : [toModelVersion(model, document)];
    })
    .filter((version) => {
      const { name, runId: run_id, source: source_path, tags } = version;
      const attributes = { name, run_id, source_path, version_number: Number(version.version) };
      return matches(clauses, { attributes, tags });
    })
    .sort((left, right) => comparePositions(order, versionPosition(order, left), versionPosition(order, right)))
    .map(({ name, version }) => `${name}/${version}`);
};

const allModels = (documents: MemoryDocuments, { filter = '', orderBy = [] }: Search): string[] => {
  const clauses = parseFilter(filter, MODEL_FILTER);
  const order = parseOrderBy(orderBy, MODEL_ORDER);
  const positionOf = (model: ModelDocument) => order.map(({ key }) => (key === 'name' ? model.name : model.updatedAt));
  return valuesOf<ModelDocument>(documents, 'registered-model')
    .filter(({ name, tags }) => matches(clauses, { attributes: { name }, tags }))
    .sort((left, right) => comparePositions(order, positionOf(left), positionOf(right)))
    .map(({ name }) => name);
};

const pagesOf = async <T>(
  search: Search,
  page: (search: Search) => Promise<{ readonly items: readonly T[]; readonly nextPageToken?: string }>,
): Promise<T[]> => {
  const found: T[] = [];
  let token: string | undefined;
  do {
    const { items, nextPageToken } = await page(token === undefined ? search : { ...search, pageToken: token });
    if (nextPageToken !== undefined) expect(items).toHaveLength(search.maxResults ?? 0);
    found.push(...items);
    token = nextPageToken;
  } while (token !== undefined);
  return found;
};

const pagedVersions = async (services: RegistryServices, search: Search, visible?: ModelScope): Promise<string[]> =>
  (await pagesOf(search, (asked) => searchVersions(services, asked, visible))).map(
    ({ name, version }) => `${name}/${version}`,
  );

const pagedModels = async (services: RegistryServices, search: Search): Promise<string[]> =>
  (await pagesOf(search, (asked) => searchModels(services, asked))).map(({ name }) => name);

describe('all pages of a search together', () => {
  const small = fc.integer({ min: 1, max: 9 });

  it('are the versions that the filter leaves, in order', async () => {
    await fc.assert(
      fc.asyncProperty(registry, versionFilter, versionOrder, small, async (models, filter, orderBy, maxResults) => {
        const documents = createMemoryDocuments();
        await storeModels(documents, models);
        const search = { filter, orderBy, maxResults };
        expect(await pagedVersions(createRegistryServices(documents), search)).toEqual(allVersions(documents, search));
      }),
      { numRuns: 300 },
    );
  });

  it('are the models that the filter leaves, in order', async () => {
    await fc.assert(
      fc.asyncProperty(registry, filterOf(['name']), modelOrder, small, async (models, filter, orderBy, maxResults) => {
        const documents = createMemoryDocuments();
        await storeModels(documents, models);
        const search = { filter, orderBy, maxResults };
        expect(await pagedModels(createRegistryServices(documents), search)).toEqual(allModels(documents, search));
      }),
      { numRuns: 200 },
    );
  });

  describe('of more than are read as a whole', () => {
    let documents: MemoryDocuments;
    let services: RegistryServices;

    beforeAll(async () => {
      documents = createMemoryDocuments();
      services = createRegistryServices(documents);
      const versions = (count: number, createdAt: (number: number) => number, changedAt = createdAt) =>
        Array.from({ length: count }, (_, index) => ({
          version: index + 1,
          createdAt: createdAt(index + 1),
          updatedAt: changedAt(index + 1),
          runId: `r${index % 3}`,
          tags: index % 2 === 0 ? [tag('even', 'no')] : [tag('even', 'yes')],
        }));
      await storeModels(documents, [
        // One that is large, one whose versions were all made at once, and two renamed at the same moment.
        { name: 'large', versions: versions(1_300, (number) => 10_000 + number) },
        { name: 'at once', versions: versions(700, () => 500) },
        ...['one', 'other'].map((name) => ({ name, renamedAt: 10_700, versions: versions(620, (n) => 10_300 + n) })),
        ...Array.from({ length: 700 }, (_, index) => ({
          name: `small ${index}`,
          updatedAt: 7,
          ...(index % 90 === 0 ? { renamedAt: 900 + index } : {}),
          versions: versions(index % 3, (number) => 400 + ((index * 7) % 200) + number),
        })),
      ]);
    });

    it('are the versions that the filter leaves, in order', async () => {
      const filters = [
        '',
        "tags.even = 'yes'",
        "tags.even LIKE 'y%'",
        "run_id != 'r1'",
        "name LIKE 'small%'",
        "name ILIKE '%R%'",
        "name != 'large'",
        'version_number = 1',
        "name = 'other'",
        "name = 'large' AND tags.even = 'no'",
      ];
      await fc.assert(
        fc.asyncProperty(
          fc.constantFrom(...filters),
          versionOrder,
          fc.constantFrom(97, 640, 3_000),
          async (filter, orderBy, maxResults) => {
            const search = { filter, orderBy, maxResults };
            expect(await pagedVersions(services, search)).toEqual(allVersions(documents, search));
          },
        ),
        { numRuns: 60 },
      );
    }, 60_000);

    it.each<{ visible: ModelScope }>([
      { visible: ['large', 'at once'] },
      { visible: ['small 1*', 'small 2*'] },
      { visible: ['o*', 'large'] },
      { visible: ['nobody'] },
      { visible: [] },
    ])('are only those of models that the caller may see: $visible', async ({ visible }) => {
      for (const orderBy of [[], ['name'], ['version_number']]) {
        const search = { orderBy, maxResults: 97 };
        const expected = allVersions(documents, search).filter((one) => inScope(visible, one.replace(/\/.*/, '')));
        expect(await pagedVersions(services, search, visible)).toEqual(expected);
      }
    });

    it('are the models that the filter leaves, in order', async () => {
      for (const orderBy of [[], ['name DESC'], ['timestamp'], ['timestamp DESC', 'name DESC']]) {
        const search = { orderBy, maxResults: 97 };
        expect(await pagedModels(services, search)).toEqual(allModels(documents, search));
      }
    });
  });

  it.each([[[]], [['last_updated_timestamp']], [['name']], [['version_number DESC']]])(
    'have what was there all the time once, ordered by %j, while versions are added between them',
    async (orderBy) => {
      const documents = createMemoryDocuments();
      const services = createRegistryServices(documents);
      const names = ['a', 'b', 'c'];
      const add = (name: string) => createVersion(services, { name, source: 's3://bucket/x' }, CAUSE);
      for (const name of names) await createModel(services, { name }, CAUSE);
      for (let index = 0; index < 20; index += 1) await add(names[index % 3] ?? '');
      const before = allVersions(documents, {});
      const found = await pagesOf({ orderBy, maxResults: 3 }, async (asked) => {
        const page = await searchVersions(services, asked);
        if (documents.all().length < 200) for (const name of names) await add(name);
        return page;
      });
      const keys = found.map(({ name, version }) => `${name}/${version}`);
      expect(new Set(keys).size).toBe(keys.length);
      expect(keys).toEqual(expect.arrayContaining(before));
    },
  );
});
