import { accessServices } from '../../functions/access.ts';
import type { Caller } from '../../shared/platform/access/caller.ts';
import { createToken } from '../../shared/platform/access/change-tokens.ts';
import type { Credentials } from '../../shared/platform/access/credentials.ts';
import type { Grant } from '../../shared/platform/access/grant.ts';
import { sha256Hex } from '../../shared/platform/access/token.ts';
import type { Documents } from '../../shared/platform/documents.ts';
import type { JournalEntry } from '../../shared/platform/journal.ts';
import { silentLogger } from '../../shared/platform/logging.ts';
import { addMs, epochMs } from '../../shared/platform/time.ts';
import { createMemoryDocuments } from './memory-documents.ts';

/** The token of the settings in tests. */
export const ROOT_TOKEN = 'the-first-admin';

const CAUSE = { causedBy: 'req-1', correlationId: 'req-1' };

export interface AccessWorldOptions {
  readonly entra?: (shown: Credentials) => Promise<Caller | undefined>;
  readonly wait?: (ms: number) => Promise<unknown>;
}

/** Access as it is in production, on documents in memory and with time that tests move. */
export const createAccessWorld = ({ entra, wait = async () => {} }: AccessWorldOptions = {}) => {
  const memory = createMemoryDocuments();
  const reads: string[] = [];
  const settings: Documents = {
    ...memory,
    read: (partition, id) => {
      reads.push(id);
      return memory.read(partition, id);
    },
  };
  const time = { now: epochMs(1_767_225_600_000) };
  const clock = () => time.now;
  const config = { ACCESS: 'token', ACCESS_TOKEN_SHA256: sha256Hex(ROOT_TOKEN) } as const;
  const services = accessServices(config, { settings, clock, log: silentLogger, entra, wait });
  return {
    ...services,
    clock,
    log: silentLogger,
    settings,
    /** Ids of the documents that were read one by one. */
    reads,
    pass: (ms: number) => {
      time.now = addMs(time.now, ms);
    },
    /** A new token that may do this. */
    tokenFor: async (grants: readonly Grant[], name = 'ada') =>
      (await createToken({ tokens: services.tokens, clock }, { name, grants }, 'root', CAUSE)).token,
    journal: () =>
      memory
        .all()
        .map(({ value }) => value)
        .filter((value): value is JournalEntry => value.kind === 'journal')
        .toSorted((a, b) => a.time.localeCompare(b.time)),
    stored: () => JSON.stringify(memory.all()),
  };
};

export const bearer = (token: string) => ({ authorization: `Bearer ${token}` });

export const basic = (user: string, password: string) => ({
  authorization: `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`,
});
