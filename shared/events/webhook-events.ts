import * as z from 'zod';
import { defineEvent } from './define-event.ts';

export const webhookChanged = defineEvent({
  type: 'slipway.webhook.changed',
  summary: 'An MLflow webhook was created, updated or deleted.',
  subject: 'webhooks/{webhook}',
  data: z.object({
    webhook: z.string(),
    name: z.string(),
    change: z.enum(['created', 'updated', 'deleted']),
    host: z.string().describe('Host of its URL; the rest of a URL may be a secret.'),
    events: z.array(z.string()).describe('What it is told of, such as model_version.created.'),
    models: z.array(z.string()).optional().describe('Patterns of model names; absent: all models.'),
    status: z.enum(['ACTIVE', 'DISABLED']),
  }),
  example: {
    subject: 'webhooks/2f1c8a52-6a53-4f0e-9a53-0d8f5a3a7f10',
    data: {
      webhook: '2f1c8a52-6a53-4f0e-9a53-0d8f5a3a7f10',
      name: 'deployer',
      change: 'created',
      host: 'hooks.example.org',
      events: ['model_version.created'],
      status: 'ACTIVE',
    },
  },
});
