import { LRUCache } from 'lru-cache';
import type { CommitOutcome, Document, Documents, Query, Stored, Where, Write } from '../platform/documents.ts';
import { createTurns, type Turns } from '../platform/turns.ts';
import {
  type DeletedModelDocument,
  type DeletedVersionDocument,
  MODEL_ID,
  type ModelDocument,
  type NameDocument,
  type VersionDocument,
  versionId,
} from './model.ts';
import { nameKey } from './name-key.ts';

/** Documents read at a time, when nobody says how many he wants. */
const PAGE = 500;
/** Whoever goes on behind the first page did not find enough in it, so the next ones are larger. */
const GROWTH = 2;
const LARGEST_PAGE = 500;
/** Names whose models are remembered. */
const MAX_NAMES = 10_000;

/** The documents of the container `registry`, by what they are. */
export interface RegistryStore {
  readName(name: string): Promise<Stored<NameDocument> | undefined>;
  /** One write of a name's reservation. */
  commitName(name: string, write: Write): Promise<CommitOutcome>;
  /** What is in the place of the model, also after it was deleted. */
  readModel(modelId: string): Promise<Stored<ModelDocument | DeletedModelDocument> | undefined>;
  /** The live model of that name. */
  findModel(name: string): Promise<Stored<ModelDocument> | undefined>;
  /** The live version of that number, or what is left of it. */
  readVersion(modelId: string, version: number): Promise<Stored<VersionDocument | DeletedVersionDocument> | undefined>;
  commit(modelId: string, writes: readonly Write[]): Promise<CommitOutcome>;
  /** Live models in order of name, or in none. */
  models(options: Listing): AsyncIterable<ModelDocument>;
  /** Live versions of one model, or of all when `modelId` is undefined; those of deleted models included. */
  versions(modelId: string | undefined, options?: Listing): AsyncIterable<Stored<VersionDocument>>;
  /** What is left of a model's versions. */
  tombstones(modelId: string): AsyncIterable<Stored<DeletedVersionDocument>>;
  /** Lets the changes of one model that this process makes follow each other, so that they do not lose to one another. */
  readonly turns: Turns;
  /** What packaging keeps beside a model's versions. */
  packages(modelId: string): AsyncIterable<Stored<Document>>;
}

export interface Listing {
  readonly where?: readonly Where[];
  readonly orderBy?: NonNullable<Query['orderBy']>;
  /** Documents read first, 1–1000; the pages behind are larger. */
  readonly limit?: number;
}

/** The registry's documents in a container. */
export const createRegistryStore = (documents: Documents): RegistryStore => {
  const readName = (name: string) => documents.read<NameDocument>(nameKey(name), nameKey(name));
  const readModel = (modelId: string) => documents.read<ModelDocument | DeletedModelDocument>(modelId, MODEL_ID);
  const ids = new LRUCache<string, string>({ max: MAX_NAMES });

  const holder = async (name: string, modelId: string | undefined) => {
    const stored = modelId === undefined ? undefined : await readModel(modelId);
    return stored !== undefined && isLive(stored) && stored.value.name === name ? stored : undefined;
  };

  /**
   * No two live models say that they have the same name, and an id is never given again: so whether what is remembered
   * still holds, the document itself tells.
   */
  const findModel = async (name: string): Promise<Stored<ModelDocument> | undefined> => {
    const known = await holder(name, ids.get(name));
    if (known !== undefined) return known;
    ids.delete(name);
    const modelId = (await readName(name))?.value.modelId;
    const found = await holder(name, modelId);
    if (found !== undefined) ids.set(name, found.value.modelId);
    return found;
  };

  return {
    readName,
    readModel,
    findModel,
    turns: createTurns(),
    commitName: (name, write) => documents.commit(nameKey(name), [write]),
    readVersion: (modelId, version) => documents.read(modelId, versionId(version)),
    commit: (modelId, writes) => documents.commit(modelId, writes),
    models: (options) => valuesOf(all<ModelDocument>(documents, undefined, { kind: 'registered-model', ...options })),
    versions: (modelId, options) => all<VersionDocument>(documents, modelId, { kind: 'model-version', ...options }),
    tombstones: (modelId) => all<DeletedVersionDocument>(documents, modelId, { kind: 'deleted-version' }),
    packages: (modelId) => all<Document>(documents, modelId, { kind: 'package' }),
  };
};

/** True for a model that was not deleted. */
export const isLive = (stored: Stored<ModelDocument | DeletedModelDocument>): stored is Stored<ModelDocument> =>
  stored.value.kind === 'registered-model';

async function* all<T extends Document>(
  documents: Documents,
  partition: string | undefined,
  query: Listing & Pick<Query, 'kind'>,
): AsyncGenerator<Stored<T>> {
  let continuation: string | undefined;
  let limit = query.limit ?? PAGE;
  do {
    const page = await documents.query<T>(partition, {
      ...query,
      limit,
      ...(continuation === undefined ? {} : { continuation }),
    });
    yield* page.items;
    continuation = page.next;
    limit = Math.max(limit, Math.min(limit * GROWTH, LARGEST_PAGE));
  } while (continuation !== undefined);
}

async function* valuesOf<T>(stored: AsyncIterable<Stored<T>>): AsyncGenerator<T> {
  for await (const { value } of stored) yield value;
}
