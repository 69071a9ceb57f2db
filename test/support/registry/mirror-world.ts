import { Readable } from 'node:stream';
import { mlflowWebhook } from '../../../functions/http/mlflow/webhook.ts';
import { eventDataSchema } from '../../../shared/events/catalogue.ts';
import { createSettingsStore } from '../../../shared/notify/settings-store.ts';
import { answer } from '../../../shared/platform/http/answer.ts';
import type { JournalEntry } from '../../../shared/platform/journal.ts';
import { silentLogger } from '../../../shared/platform/logging.ts';
import { createSecretBox } from '../../../shared/platform/secrets.ts';
import { epochMs } from '../../../shared/platform/time.ts';
import { mirrorNotice } from '../../../shared/registry/mirror/mirror-notice.ts';
import type { OriginServer, OriginServerInput } from '../../../shared/registry/mirror/origin-server.ts';
import { putOriginServer } from '../../../shared/registry/mirror/put-origin-server.ts';
import { createRegistryStore } from '../../../shared/registry/store.ts';
import { createMemoryDocuments } from '../memory-documents.ts';
import { createFakeOrigin, egressTo } from './fake-origin.ts';

export const NOW = 1_767_225_600_000;
export const SECRET = 'a-secret-of-some-length';

/** A registry that mirrors one origin server, all in memory. */
export const createMirrorWorld = () => {
  const documents = createMemoryDocuments();
  const origin = createFakeOrigin();
  const services = {
    registry: createRegistryStore(documents),
    journals: { registry: documents },
    origins: createSettingsStore<OriginServer>(createMemoryDocuments(), 'origin'),
    secrets: createSecretBox(Buffer.alloc(32, 7).toString('base64')),
    egress: egressTo(origin),
    privateEgress: 'refuse',
    clock: () => epochMs(NOW),
    log: silentLogger,
    access: { mode: 'open' },
  } as const;
  const journal = () =>
    documents
      .all()
      .map(({ value }) => value as JournalEntry)
      .filter(({ kind }) => kind === 'journal');
  return {
    documents,
    origin,
    services,
    journal,
    setUp: (name = 'research', input: Partial<OriginServerInput> = {}) =>
      putOriginServer(services, name, {
        dialect: 'mlflow',
        url: 'https://mlflow.example.org',
        secret: SECRET,
        models: ['*'],
        prefix: '',
        ...input,
      }),
    /** Sends bytes to the webhook's route. */
    post: (
      { body, headers }: { readonly body: string | Buffer; readonly headers: Readonly<Record<string, string>> },
      query = '',
    ) =>
      answer(
        mlflowWebhook,
        {
          params: {},
          query: new URLSearchParams(query),
          contentType: headers['content-type'],
          header: (name) => headers[name],
          text: async () => String(body),
          stream: Readable.from([Buffer.from(body)]),
        },
        services,
      ),
    /** Hands every notice in the journal to the mirror, in the order that `order` gives them. */
    mirror: async (order: (entries: readonly JournalEntry[]) => readonly JournalEntry[] = (entries) => entries) => {
      const notices = journal().filter(({ type }) => type === 'slipway.origin.changed');
      for (const { id, data } of order(notices)) {
        const cause = { causedBy: id, correlationId: 'story-1' };
        await mirrorNotice(services, eventDataSchema('slipway.origin.changed').parse(data), cause);
      }
    },
  };
};
