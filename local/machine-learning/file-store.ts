import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type * as z from 'zod';

/**
 * Records by key, one JSON file each, all in memory for reading.
 *
 * Writes are synchronous and atomic (write aside, rename): state is on disk before the reply that tells of it, and
 * no two changes can interleave.
 */
export class FileStore<T> {
  readonly #dir: string;
  readonly #records = new Map<string, T>();

  constructor(dir: string, schema: z.ZodType<T>) {
    this.#dir = dir;
    mkdirSync(dir, { recursive: true });
    for (const file of readdirSync(dir)) {
      // A write that a kill cut short; the record before it is still there.
      if (!file.endsWith('.json')) rmSync(join(dir, file), { force: true });
      else {
        const key = decodeURIComponent(file.slice(0, -'.json'.length));
        this.#records.set(key, schema.parse(JSON.parse(readFileSync(join(dir, file), 'utf8'))));
      }
    }
  }

  get(key: string): T | undefined {
    return this.#records.get(key);
  }

  all(): T[] {
    return [...this.#records.values()];
  }

  put(key: string, record: T): void {
    const path = this.#path(key);
    writeFileSync(`${path}.part`, JSON.stringify(record));
    renameSync(`${path}.part`, path);
    this.#records.set(key, record);
  }

  delete(key: string): void {
    rmSync(this.#path(key), { force: true });
    this.#records.delete(key);
  }

  #path(key: string): string {
    return join(this.#dir, `${encodeURIComponent(key)}.json`);
  }
}
