import type { Reply } from './http-call.ts';
import type { TestStack } from './stack.ts';

export interface GivenEvent {
  readonly id: string;
  readonly type: string;
  readonly subject?: string;
  readonly data?: unknown;
}

const TIME = '2026-01-01T00:00:00.0000000Z';
const SOURCE = '/subscriptions/0/resourceGroups/e2e/providers/Microsoft.MachineLearningServices/workspaces/e2e';

/** The two envelopes in which Event Grid delivers. */
export const ENVELOPES = {
  'CloudEvents 1.0': ({ id, type, subject = 'e2e', data }: GivenEvent) => ({
    specversion: '1.0',
    id,
    source: SOURCE,
    type,
    subject,
    time: TIME,
    data,
  }),
  'Event Grid schema': ({ id, type, subject = 'e2e', data }: GivenEvent) => ({
    id,
    topic: SOURCE,
    subject,
    eventType: type,
    eventTime: TIME,
    dataVersion: '1.0',
    metadataVersion: '1',
    data,
  }),
} as const;

export type EnvelopeName = keyof typeof ENVELOPES;

/** Posts to the webhook through which Event Grid reaches a function. */
export const postToFunction = (stack: TestStack, functionName: string, body: unknown): Promise<Reply> =>
  stack.call('POST', `/runtime/webhooks/EventGrid?functionName=${functionName}`, {
    headers: { 'aeg-event-type': 'Notification' },
    body,
  });
