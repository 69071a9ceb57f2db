import * as z from 'zod';
import { grantsSchema } from '../platform/access/grant.ts';
import { REFUSALS } from '../platform/access/refusal.ts';
import { defineEvent } from './define-event.ts';

const tokenEventData = z.object({
  token: z.string().describe('Id of the token; the token itself is nowhere.'),
  name: z.string(),
  grants: grantsSchema,
  expiresAt: z.iso.datetime().optional(),
});

const tokenExample = {
  subject: 'tokens/9f1c2e4d6a8b0c1d2e3f',
  data: {
    token: '9f1c2e4d6a8b0c1d2e3f',
    name: 'ada',
    grants: [{ role: 'publisher', models: ['heart-*'] }],
    expiresAt: '2026-12-31T00:00:00.000Z',
  },
};

export const tokenCreated = defineEvent({
  type: 'slipway.token.created',
  summary: 'Somebody was given an access token.',
  subject: 'tokens/{token}',
  data: tokenEventData,
  example: tokenExample,
});

export const tokenRevoked = defineEvent({
  type: 'slipway.token.revoked',
  summary: 'An access token was ended before its time.',
  subject: 'tokens/{token}',
  data: tokenEventData,
  example: tokenExample,
});

export const accessRefused = defineEvent({
  type: 'slipway.access.refused',
  summary: 'Wrong credentials were shown. Told once an hour for each address.',
  subject: 'access/{address}',
  data: z.object({
    address: z.string().describe('Where the request came from, as the last proxy saw it; `unknown` without a proxy.'),
    refusal: z.enum(REFUSALS).describe('What was wrong the first time.'),
    route: z.string().describe('Route that was asked for the first time.'),
    hour: z.string().describe('The hour, as in `2026-01-31T12`.'),
  }),
  example: {
    subject: 'access/203.0.113.7',
    data: { address: '203.0.113.7', refusal: 'wrong', route: 'api-models-list', hour: '2026-01-31T12' },
  },
});
