import * as z from 'zod';
import {
  createToken,
  noSuchToken,
  revokeToken,
  type TokenServices,
} from '../../../shared/platform/access/change-tokens.ts';
import { grantSchema, grantsSchema } from '../../../shared/platform/access/grant.ts';
import { ROLES } from '../../../shared/platform/access/role.ts';
import type { TokenDocument } from '../../../shared/platform/access/token.ts';
import type { TokenVerifier } from '../../../shared/platform/access/verify-token.ts';
import { defineRoute } from '../../../shared/platform/http/route.ts';
import { epochMs, toIso } from '../../../shared/platform/time.ts';

export interface TokenApiServices extends TokenServices {
  readonly tokenVerifier: Pick<TokenVerifier, 'forget'>;
}

const route = defineRoute<TokenApiServices>();
const common = { dialect: 'slipway', access: 'admin' } as const;
const byId = z.object({ id: z.string().regex(/^[0-9a-f]{20}$/, 'must be 20 hex digits') });
const instant = z.iso.datetime();

/** A token from outside: what it may do, never what it is. */
const tokenView = z.object({
  id: z.string().describe('Also the part of the token before its secret: `slp_<id>_…`.'),
  name: z.string(),
  grants: grantsSchema,
  createdAt: instant,
  createdBy: z.string(),
  expiresAt: instant.optional(),
  lastUsedAt: instant.optional().describe('Right within the hour.'),
  revokedAt: instant.optional(),
  revokedBy: z.string().optional(),
});

const isoOrNone = (at: TokenDocument['expiresAt']): string | undefined => (at === undefined ? undefined : toIso(at));

const toView = (token: TokenDocument): z.input<typeof tokenView> => ({
  id: token.id,
  name: token.name,
  grants: token.grants,
  createdAt: toIso(token.createdAt),
  createdBy: token.createdBy,
  expiresAt: isoOrNone(token.expiresAt),
  lastUsedAt: isoOrNone(token.lastUsedAt),
  revokedAt: isoOrNone(token.revokedAt),
  revokedBy: token.revokedBy,
});

const newToken = z
  .strictObject({
    name: z.string().trim().min(1).max(100).describe('For whom or what it is; need not be unique.'),
    role: z.enum(ROLES).optional().describe('Short for one grant of this role for all models.'),
    grants: grantsSchema.optional().describe('What it may do; either this or `role`.'),
    expiresAt: z.iso.datetime({ offset: true }).optional().describe('Absent: never.'),
  })
  .refine(({ role, grants }) => (role === undefined) !== (grants === undefined), {
    path: ['role'],
    error: 'say what the token may do with either `role` or `grants`',
  });

const create = route({
  ...common,
  name: 'api-tokens-create',
  method: 'POST',
  path: 'api/v1/tokens',
  summary: 'Creates a token. It is shown in this answer and never again.',
  body: newToken,
  output: tokenView.extend({ token: z.string().describe('The token itself.') }),
  async handle({ body: { name, role, grants, expiresAt } }, services, { actor, cause }) {
    const wish = {
      name,
      grants: grants ?? [grantSchema.parse({ role })],
      ...(expiresAt === undefined ? {} : { expiresAt: epochMs(Date.parse(expiresAt)) }),
    };
    const { token, stored } = await createToken(services, wish, actor, cause);
    return {
      status: 201,
      headers: { Location: `/api/v1/tokens/${stored.id}`, 'Cache-Control': 'no-store' },
      json: { ...toView(stored), token },
    };
  },
});

const list = route({
  ...common,
  name: 'api-tokens-list',
  method: 'GET',
  path: 'api/v1/tokens',
  summary: 'All tokens, newest first, also expired and revoked ones. Secrets are never shown.',
  query: z.object({ cursor: z.string().optional(), limit: z.coerce.number().int().min(1).max(1000).default(100) }),
  output: z.object({ items: z.array(tokenView), next: z.string().optional() }),
  async handle({ query: { cursor, limit } }, { tokens }) {
    const { items, next } = await tokens.list({ limit, ...(cursor === undefined ? {} : { continuation: cursor }) });
    return { json: { items: items.map(({ value }) => toView(value)), next } };
  },
});

const get = route({
  ...common,
  name: 'api-tokens-get',
  method: 'GET',
  path: 'api/v1/tokens/{id}',
  summary: 'One token. Its secret is never shown.',
  params: byId,
  output: tokenView,
  async handle({ params: { id } }, { tokens }) {
    const stored = await tokens.read(id);
    if (stored === undefined) throw noSuchToken(id);
    return { json: toView(stored.value) };
  },
});

const revoke = route({
  ...common,
  name: 'api-tokens-revoke',
  method: 'DELETE',
  path: 'api/v1/tokens/{id}',
  summary: 'Revokes a token, everywhere within 30 seconds. It stays in the list.',
  params: byId,
  output: tokenView,
  async handle({ params: { id } }, services, { actor, cause }) {
    const revoked = await revokeToken(services, id, actor, cause);
    services.tokenVerifier.forget(id);
    return { json: toView(revoked) };
  },
});

export const tokenRoutes = [create, list, get, revoke];
