import type { Clock } from '../../../shared/platform/time.ts';
import { conflict, notFound, ownerNotFound } from '../cosmos-error.ts';
import type { JsonObject } from '../json.ts';
import { Container } from './container.ts';
import { type ContainerDefinition, containerDefinition } from './container-definition.ts';
import type { Journal } from './journal.ts';
import { type JournalRecord, keyFromRecord, keyToRecord } from './records.ts';
import { containerRid, databaseRid, etagOf } from './resource-ids.ts';
import type { Transaction } from './transaction.ts';

export interface Database {
  readonly id: string;
  readonly ordinal: number;
  readonly resource: JsonObject;
  readonly containers: Map<string, Container>;
}

/** Everything stored. A change is made in memory and appended to the journal in the same step. */
export class Account {
  readonly databases = new Map<string, Database>();
  readonly now: Clock;
  #journal: Journal;
  /** One count for databases, containers and their versions: no resource id or tag comes twice. */
  #lastOrdinal = 0;

  constructor(journal: Journal, now: Clock) {
    this.#journal = journal;
    this.now = now;
  }

  get lastOrdinal(): number {
    return this.#lastOrdinal;
  }

  database(id: string): Database {
    const database = this.databases.get(id);
    if (database === undefined) throw notFound();
    return database;
  }

  container(databaseId: string, id: string): Container {
    const container = this.databases.get(databaseId)?.containers.get(id);
    if (container === undefined) throw ownerNotFound();
    return container;
  }

  createDatabase(id: string): JsonObject {
    if (this.databases.has(id)) throw conflict();
    const ordinal = this.#lastOrdinal + 1;
    const rid = databaseRid(ordinal);
    const resource = {
      id,
      _rid: rid,
      _self: `dbs/${rid}/`,
      _etag: etagOf(rid, ordinal),
      _colls: 'colls/',
      _users: 'users/',
      _ts: this.#seconds(),
    };
    this.#record({ kind: 'database-created', ordinal, resource });
    return resource;
  }

  deleteDatabase(id: string): void {
    this.database(id);
    this.#record({ kind: 'database-deleted', id });
  }

  createContainer(databaseId: string, definition: ContainerDefinition): JsonObject {
    const database = this.database(databaseId);
    if (database.containers.has(definition.id)) throw conflict();
    return this.#putContainer(database, definition, undefined);
  }

  replaceContainer(databaseId: string, definition: ContainerDefinition): JsonObject {
    return this.#putContainer(this.database(databaseId), definition, this.container(databaseId, definition.id));
  }

  deleteContainer(databaseId: string, id: string): void {
    this.container(databaseId, id);
    this.#record({ kind: 'container-deleted', database: databaseId, id });
  }

  commit(databaseId: string, { container, key, changes }: Transaction): void {
    if (changes.length === 0) return;
    this.#record({
      kind: 'written',
      database: databaseId,
      container: container.definition.id,
      key: keyToRecord(key),
      partitionOrdinal: container.partitionOrdinal(key),
      changes,
    });
  }

  /** From here on changes are journaled: what was replayed before is on disk already. */
  journalTo(journal: Journal): void {
    this.#journal = journal;
  }

  /** Makes a journaled change again, at start. */
  replay(record: JournalRecord): void {
    switch (record.kind) {
      case 'database-created': {
        const id = String(record.resource['id']);
        this.databases.set(id, { id, ordinal: record.ordinal, resource: record.resource, containers: new Map() });
        this.#count(record.ordinal);
        break;
      }
      case 'database-deleted':
        this.databases.delete(record.id);
        break;
      case 'container-put':
        this.#restoreContainer(record);
        break;
      case 'container-deleted':
        this.database(record.database).containers.delete(record.id);
        break;
      case 'written':
        this.container(record.database, record.container).apply(
          keyFromRecord(record.key),
          record.changes,
          record.partitionOrdinal,
        );
        break;
      case 'counted':
        this.#count(record.lastOrdinal);
        break;
      default:
        record satisfies never;
    }
  }

  #putContainer(database: Database, definition: ContainerDefinition, before: Container | undefined): JsonObject {
    const ordinal = this.#lastOrdinal + 1;
    const rid = before?.rid ?? containerRid(database.ordinal, ordinal);
    const parent = String(database.resource['_rid']);
    const resource = {
      ...(definition as unknown as JsonObject),
      _rid: rid,
      _self: `dbs/${parent}/colls/${rid}/`,
      _etag: etagOf(rid, ordinal),
      _docs: 'docs/',
      _ts: this.#seconds(),
    };
    const { lsn, lastOrdinal } = before ?? { lsn: 0, lastOrdinal: 0 };
    this.#record({ kind: 'container-put', database: database.id, ordinal, resource, lsn, lastOrdinal });
    return resource;
  }

  #restoreContainer(record: Extract<JournalRecord, { kind: 'container-put' }>): void {
    const database = this.database(record.database);
    const definition = containerDefinition.parse(record.resource);
    const before = database.containers.get(definition.id);
    const parent = String(database.resource['_rid']);
    const container = before ?? new Container(parent, String(record.resource['_rid']), definition, record.resource);
    container.definition = definition;
    container.resource = record.resource;
    container.lsn = Math.max(container.lsn, record.lsn);
    container.lastOrdinal = Math.max(container.lastOrdinal, record.lastOrdinal);
    database.containers.set(definition.id, container);
    this.#count(record.ordinal);
  }

  #record(record: JournalRecord): void {
    this.replay(record);
    this.#journal.append(record);
  }

  #count(ordinal: number): void {
    this.#lastOrdinal = Math.max(this.#lastOrdinal, ordinal);
  }

  #seconds(): number {
    return Math.floor(this.now() / 1000);
  }
}
