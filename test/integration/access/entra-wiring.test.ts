import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createServices } from '../../../functions/services.ts';
import { answer } from '../../../shared/platform/http/answer.ts';
import { defineRoute } from '../../../shared/platform/http/route.ts';
import { basic, bearer } from '../../support/access.ts';
import { requestOf } from '../../support/call-route.ts';
import { CLIENT_ID, type EntraServer, startEntraServer, TENANT } from '../../support/entra-server.ts';

/** As in Azure, but for the keys of storage: nothing of it is called. */
const SETTINGS = {
  COSMOS_ENDPOINT: 'http://127.0.0.1:9',
  COSMOS_KEY: Buffer.alloc(32).toString('base64'),
  BLOB_ENDPOINT: 'http://127.0.0.1:9/account',
  QUEUE_ENDPOINT: 'http://127.0.0.1:9/account',
  STORAGE_CONNECTION_STRING:
    'DefaultEndpointsProtocol=http;AccountName=account;AccountKey=AAAA;BlobEndpoint=http://127.0.0.1:9/account;QueueEndpoint=http://127.0.0.1:9/account;',
  EVENT_GRID_TOPIC_ENDPOINT: 'http://127.0.0.1:9/api/events',
  EVENT_GRID_TOPIC_KEY: 'AAAA',
  ARM_TOKEN: 'token',
  AZURE_ML_WORKSPACE_ID: '/subscriptions/s',
  AZURE_LOCATION: 'westeurope',
  IMAGE_REGISTRY: 'x.azurecr.io',
  SECRETS_KEY: Buffer.alloc(32).toString('base64'),
  PUBLIC_URL: 'https://slipway.example',
  LOG_LEVEL: 'error',
  ENTRA_TENANT_ID: TENANT,
  ENTRA_AUDIENCE: CLIENT_ID,
};

let entra: EntraServer;
let services: ReturnType<typeof createServices>;

beforeAll(async () => {
  entra = await startEntraServer();
  // With the slash that Bicep's loginEndpoint ends in.
  services = createServices({ ...SETTINGS, ENTRA_AUTHORITY: `${entra.authority}/` });
});
afterAll(() => entra.stop());

const operated = defineRoute()({
  name: 'test',
  method: 'GET',
  path: 'test',
  access: 'operator',
  dialect: 'mlflow',
  summary: 'A test.',
  handle: async (_input, _services, { actor }) => ({ json: { actor } }),
});

const ask = (headers: Record<string, string>) =>
  answer(operated, requestOf(new URL('http://slipway.test/'), { headers }), services);

describe('an app with Entra in its settings and no token', () => {
  it('lets in who has the role, as bearer and as password', async () => {
    const token = await entra.sign(entra.claims({ roles: ['Slipway.Operator'] }));

    for (const headers of [bearer(token), basic('somebody-else', token)]) {
      expect((await ask(headers)).json).toEqual({ actor: 'ada@example.com' });
    }
  });

  it('says to who has no such role what is missing', async () => {
    for (const roles of [['Slipway.Reader'], []]) {
      expect(await ask(bearer(await entra.sign(entra.claims({ roles }))))).toMatchObject({
        status: 403,
        json: { error_code: 'PERMISSION_DENIED', message: expect.stringContaining("you are 'ada@example.com'") },
      });
    }
  });

  it('asks everybody to log in', async () => {
    expect((await ask({})).status).toBe(401);
  });

  it('answers 503 while the keys of Entra are away', async () => {
    const fresh = createServices({ ...SETTINGS, ENTRA_AUTHORITY: entra.authority });
    const token = await entra.sign(entra.claims());
    entra.fail(500);

    const headers = bearer(token);
    const refused = await answer(operated, requestOf(new URL('http://slipway.test/'), { headers }), fresh);
    expect(refused).toMatchObject({ status: 503, json: { error_code: 'TEMPORARILY_UNAVAILABLE' } });
    entra.fail(undefined);
  });
});
