import { once } from 'node:events';
import { createReadStream, createWriteStream } from 'node:fs';
import { mkdir, open, rename, stat, truncate } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { Account } from './account.ts';
import { type JournalRecord, keyToRecord } from './records.ts';
import { isExpired } from './time-to-live.ts';

const CHANGES_PER_RECORD = 100;
const READ_BYTES = 1024 * 1024;
const NEWLINE = 0x0a;

/** Everything that is alive, as the records that would have made it. */
function* recordsOf(account: Account): Generator<JournalRecord> {
  for (const { id: database, ordinal, resource, containers } of account.databases.values()) {
    yield { kind: 'database-created', ordinal, resource };
    for (const container of containers.values()) {
      const { lsn, lastOrdinal, definition } = container;
      yield { kind: 'container-put', database, ordinal, resource: container.resource, lsn, lastOrdinal };
      for (const partition of container.partitions.values()) {
        const changes = [...partition.documents.values()]
          .filter(({ body }) => !isExpired(definition, body, account.now()))
          .map(({ body, lsn: changedAt, ordinal: place }) => ({ body, lsn: changedAt, ordinal: place }));
        for (let index = 0; index < changes.length; index += CHANGES_PER_RECORD) {
          const part = changes.slice(index, index + CHANGES_PER_RECORD);
          yield {
            kind: 'written',
            database,
            container: definition.id,
            key: keyToRecord(partition.key),
            partitionOrdinal: partition.ordinal,
            changes: part,
          };
        }
      }
    }
  }
  yield { kind: 'counted', lastOrdinal: account.lastOrdinal };
}

const syncDirectory = async (path: string): Promise<void> => {
  const directory = await open(dirname(path), 'r');
  await directory.sync().finally(() => directory.close());
};

/** Replaces the journal with what is alive, in one step: a kill at any moment leaves the one or the other whole. */
export const compact = async (path: string, account: Account): Promise<void> => {
  const temporary = `${path}.compacting`;
  const stream = createWriteStream(temporary, { flush: true });
  for (const record of recordsOf(account)) {
    if (!stream.write(`${JSON.stringify(record)}\n`)) await once(stream, 'drain');
  }
  stream.end();
  await once(stream, 'close');
  await rename(temporary, path);
  await syncDirectory(path);
};

const sizeOf = (path: string): Promise<number> =>
  stat(path).then(
    ({ size }) => size,
    () => 0,
  );

/** The whole lines of a file, each with the offset behind it. Not `readline`: it also ends lines at U+2028. */
async function* wholeLines(path: string): AsyncGenerator<{ readonly text: string; readonly end: number }> {
  let pending: Buffer = Buffer.alloc(0);
  let end = 0;
  for await (const chunk of createReadStream(path, { highWaterMark: READ_BYTES }) as AsyncIterable<Buffer>) {
    pending = pending.length === 0 ? chunk : Buffer.concat([pending, chunk]);
    let from = 0;
    for (let at = pending.indexOf(NEWLINE); at !== -1; at = pending.indexOf(NEWLINE, from)) {
      end += at + 1 - from;
      yield { text: pending.toString('utf8', from, at), end };
      from = at + 1;
    }
    pending = pending.subarray(from);
  }
}

const parseRecord = (text: string, place: string): JournalRecord => {
  try {
    return JSON.parse(text) as JournalRecord;
  } catch (cause) {
    throw new Error(`the journal is damaged: ${place}`, { cause });
  }
};

/** Replays a journal into an empty account. A last line that a kill cut short was never answered, and is cut off. */
export const load = async (path: string, account: Account): Promise<void> => {
  await mkdir(dirname(path), { recursive: true });
  const size = await sizeOf(path);
  if (size === 0) return;
  let wholeBytes = 0;
  for await (const { text, end } of wholeLines(path)) {
    account.replay(parseRecord(text, `${path} before byte ${end}`));
    wholeBytes = end;
  }
  if (wholeBytes < size) await truncate(path, wholeBytes);
  for (const { containers } of account.databases.values()) {
    for (const container of containers.values()) container.log.restore();
  }
};
