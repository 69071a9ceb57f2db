import { CosmosClient, type CosmosClientOptions } from '@azure/cosmos';
import { createCosmosDocuments } from '../../../shared/azure/cosmos/create-cosmos-documents.ts';
import type { Documents } from '../../../shared/platform/documents.ts';
import { COSMOS_TEST_KEY } from '../cosmos.ts';

/** What the service was asked for, and what it says that it cost. */
export interface Spent {
  reads: number;
  batches: number;
  queries: number;
  /** Request units. */
  units: number;
}

/** What the client shows its plugins of a request; the types are not among those it publishes. */
interface Request {
  readonly operationType: string;
  readonly resourceType: string;
  readonly headers?: Readonly<Record<string, unknown>>;
  readonly body?: unknown;
}

type Next = (request: Request) => Promise<{ readonly headers: Readonly<Record<string, unknown>> }>;

const operationsIn = (body: unknown): number => (JSON.parse(String(body)) as readonly unknown[]).length;

const spendingPlugin = (spent: Spent) => ({
  on: 'request',
  plugin: async (request: Request, _diagnostics: unknown, next: Next) => {
    const response = await next(request);
    if (request.resourceType !== 'docs' || request.headers?.['x-ms-cosmos-is-query-plan-request'] !== undefined) {
      return response;
    }
    spent.units += Number(response.headers['x-ms-request-charge']);
    const isBulk = request.headers?.['x-ms-cosmos-batch-atomic'] !== true;
    // Reads at the same moment travel together; each is charged as if it came alone.
    if (request.operationType === 'batch' && isBulk) spent.reads += operationsIn(request.body);
    else if (request.operationType === 'batch') spent.batches += 1;
    else if (request.operationType === 'read') spent.reads += 1;
    else spent.queries += 1;
    return response;
  },
});

/** Documents in a container of their own, and what is spent on them from now on. */
export const measuredDocuments = async (
  endpoint: string,
): Promise<{ readonly documents: Documents; readonly spent: Spent; close(): void }> => {
  const spent: Spent = { reads: 0, batches: 0, queries: 0, units: 0 };
  const options = { endpoint, key: COSMOS_TEST_KEY, connectionPolicy: { enableEndpointDiscovery: false } };
  const client = new CosmosClient({ ...options, plugins: [spendingPlugin(spent)] } as CosmosClientOptions);
  const { database } = await client.databases.createIfNotExists({ id: 'measured' });
  const { container } = await database.containers.createIfNotExists({
    id: 'registry',
    partitionKey: { paths: ['/partition'] },
  });
  return { documents: createCosmosDocuments(container), spent, close: () => client.dispose() };
};
