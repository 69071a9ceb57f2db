import * as z from 'zod';
import { SlipwayError } from '../../../shared/platform/errors.ts';
import { defineRoute } from '../../../shared/platform/http/route.ts';
import { DIALECTS, type OriginServer, originServerInput } from '../../../shared/registry/mirror/origin-server.ts';
import { type PutOriginServices, putOriginServer } from '../../../shared/registry/mirror/put-origin-server.ts';
import { WEBHOOK_PATH } from '../mlflow/webhook.ts';

export interface OriginApiServices extends PutOriginServices {
  readonly publicUrl: string;
}

const route = defineRoute<OriginApiServices>();
const common = { access: 'admin', dialect: 'slipway', models: 'all' } as const;
const byName = z.object({
  name: z.string().regex(/^[a-z0-9][a-z0-9-]{0,62}$/, 'must be 1–63 of a–z, 0–9 and -, not beginning with -'),
});

/** What an origin server looks like from outside: whether there is a credential, never which. */
const originView = z.object({
  name: z.string(),
  dialect: z.enum(DIALECTS),
  url: z.string(),
  models: z.array(z.string()),
  prefix: z.string(),
  credential: z.boolean().describe('Whether its API is asked with one.'),
  webhookUrl: z.string().describe('Where its webhooks go.'),
});

const toView = (
  { name, dialect, url, models, prefix, sealedCredential }: OriginServer,
  publicUrl: string,
): z.output<typeof originView> => ({
  name,
  dialect,
  url,
  models: [...models],
  prefix,
  credential: sealedCredential !== undefined,
  webhookUrl: `${publicUrl.replace(/\/+$/, '')}/${WEBHOOK_PATH}?origin=${name}`,
});

const list = route({
  ...common,
  name: 'api-origins-list',
  method: 'GET',
  path: 'api/v1/origins',
  summary: 'All origin servers. Secrets are never shown.',
  output: z.object({ items: z.array(originView) }),
  handle: async (_, { origins, publicUrl }) => ({
    json: { items: (await origins.list()).map((origin) => toView(origin, publicUrl)) },
  }),
});

const get = route({
  ...common,
  name: 'api-origins-get',
  method: 'GET',
  path: 'api/v1/origins/{name}',
  summary: 'One origin server. Its secrets are never shown.',
  params: byName,
  output: originView,
  async handle({ params: { name } }, { origins, publicUrl }) {
    const found = await origins.get(name);
    if (found === undefined) throw new SlipwayError('RESOURCE_DOES_NOT_EXIST', `there is no origin server '${name}'`);
    return { headers: { ETag: found.etag }, json: toView(found.value, publicUrl) };
  },
});

const put = route({
  ...common,
  name: 'api-origins-put',
  method: 'PUT',
  path: 'api/v1/origins/{name}',
  summary: 'Creates or replaces an origin server: another registry whose signed webhooks are mirrored here.',
  params: byName,
  body: originServerInput,
  output: originView,
  async handle({ params: { name }, body }, services, { ifMatch }) {
    // Cosmos DB's ETags are quoted as in the header.
    const etag = ifMatch === undefined ? undefined : `"${ifMatch}"`;
    return { json: toView(await putOriginServer(services, name, body, etag), services.publicUrl) };
  },
});

const remove = route({
  ...common,
  name: 'api-origins-delete',
  method: 'DELETE',
  path: 'api/v1/origins/{name}',
  summary: 'Removes an origin server. What was mirrored stays; its files cannot be read any more.',
  params: byName,
  async handle({ params: { name } }, { origins }) {
    await origins.delete(name);
    return { status: 204 };
  },
});

export const originRoutes = [list, get, put, remove];
