import * as z from 'zod';
import { defineEvent } from './define-event.ts';
import { version } from './model-events.ts';

export const originChanged = defineEvent({
  type: 'slipway.origin.changed',
  summary: 'An origin server told by a signed webhook that something of a model changed there; it is mirrored next.',
  subject: 'origins/{origin}',
  data: z.object({
    origin: z.string().describe('Name of the origin server.'),
    change: z.enum(['version-created', 'tags-changed', 'alias-changed', 'stage-changed']),
    name: z.string().describe('Name of the model there.'),
    version: version.optional(),
    alias: z.string().optional(),
    keys: z.array(z.string()).optional().describe('Keys of the tags that changed.'),
    told: z
      .object({
        source: z.string(),
        runId: z.string(),
        description: z.string(),
        tags: z.record(z.string(), z.string()),
      })
      .optional()
      .describe('What the webhook says of a new version. Absent, it is read from the origin server.'),
  }),
  example: {
    subject: 'origins/research',
    data: {
      origin: 'research',
      change: 'version-created',
      name: 'heart-classifier',
      version: '7',
      told: { source: 'models:/m-1', runId: '', description: '', tags: { team: 'cardio' } },
    },
  },
});
