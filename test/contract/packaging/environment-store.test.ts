import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createCosmosDocuments } from '../../../shared/azure/cosmos/create-cosmos-documents.ts';
import { buildEnvironment } from '../../../shared/packaging/environment/build-environment.ts';
import { ensureEnvironment } from '../../../shared/packaging/environment/ensure-environment.ts';
import { createEnvironmentStore } from '../../../shared/packaging/environment/environment-store.ts';
import type { Documents } from '../../../shared/platform/documents.ts';
import { startTestCosmos, type TestCosmos } from '../../support/cosmos.ts';
import { environmentSpec, environmentWorld, scriptedBuilder } from '../../support/packaging/environments.ts';

const CAUSE = { causedBy: 'evt-1', correlationId: 'story-1' };

let cosmos: TestCosmos;
let documents: Documents;
beforeAll(async () => {
  cosmos = await startTestCosmos();
});
afterAll(() => cosmos.close());
beforeEach(async () => {
  documents = createCosmosDocuments(await cosmos.container());
});

const setUp = () => {
  const builder = scriptedBuilder();
  const world = environmentWorld(builder);
  return { world, builder, services: { ...world.services, environments: createEnvironmentStore(documents) } };
};

describe('environments in Cosmos DB', () => {
  it('twenty models that ask at once, and as many messages, build one environment once', async () => {
    const { services, builder } = setUp();
    const twenty = Array.from({ length: 20 }, (_, index) => index);
    const states = await Promise.all(
      twenty.map((index) =>
        ensureEnvironment(services, environmentSpec(), { causedBy: `evt-${index}`, correlationId: 'story' }),
      ),
    );
    const [key = ''] = new Set(states.map((state) => state.key));
    await Promise.all(twenty.map(() => buildEnvironment(services, { key })));
    expect(builder.requests).toHaveLength(1);
    expect((await services.environments.read(key))?.value.phase).toBe('built');
    const entries = await documents.query(`environment:${key}`, { kind: 'journal', limit: 100 });
    expect(entries.items).toHaveLength(1);
  });

  it('are listed, the last asked for first, page by page', async () => {
    const { services, world } = setUp();
    for (const python of ['3.10', '3.11', '3.12']) {
      await ensureEnvironment(services, environmentSpec({ python }), CAUSE);
      world.pass(1000);
    }
    const first = await services.environments.list({ limit: 2 });
    const second = await services.environments.list({ limit: 2, continuation: first.next ?? '' });
    const listed = [...first.items, ...second.items].map(({ spec }) => spec.python);
    expect(listed).toEqual(['3.12', '3.11', '3.10']);
  });
});
