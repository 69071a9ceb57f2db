import { type FileHandle, open } from 'node:fs/promises';

/** Where records go before the answer does. */
export interface Journal {
  /** Takes a record; it is on disk when `durable()`, called after this, resolves. */
  append(record: object): void;
  /** Resolves when everything appended so far is on disk. @throws Error when the disk refused */
  durable(): Promise<void>;
  close(): Promise<void>;
}

/** For an emulator without a data directory: nothing is kept, so nothing is waited for. */
export const createMemoryJournal = (): Journal => ({
  append: () => undefined,
  durable: () => Promise.resolve(),
  close: () => Promise.resolve(),
});

/** Appends JSON lines. Records that arrive during a flush go to disk together with the next one. */
class FileJournal implements Journal {
  readonly #file: FileHandle;
  #waiting: string[] = [];
  #appendedCount = 0;
  #flushedCount = 0;
  #flushing: Promise<void> | undefined;
  #failure: unknown;

  constructor(file: FileHandle) {
    this.#file = file;
  }

  append(record: object): void {
    this.#waiting.push(JSON.stringify(record));
    this.#appendedCount += 1;
  }

  async durable(): Promise<void> {
    const target = this.#appendedCount;
    while (this.#flushedCount < target) {
      this.#flushing ??= this.#flush();
      await this.#flushing;
    }
    // A record that was refused stays visible in memory, so nothing may be answered any more.
    if (this.#failure !== undefined) throw new Error('the journal cannot be written', { cause: this.#failure });
  }

  async close(): Promise<void> {
    await this.durable().finally(() => this.#file.close());
  }

  async #flush(): Promise<void> {
    const lines = this.#waiting;
    this.#waiting = [];
    try {
      await this.#file.appendFile(`${lines.join('\n')}\n`);
      await this.#file.datasync();
    } catch (cause) {
      this.#failure ??= cause;
    }
    this.#flushedCount += lines.length;
    this.#flushing = undefined;
  }
}

export const openJournal = async (path: string): Promise<Journal> => new FileJournal(await open(path, 'a'));
