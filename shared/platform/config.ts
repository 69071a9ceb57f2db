import * as z from 'zod';
import { SlipwayError } from './errors.ts';

const url = z.url({ protocol: /^https?$/ });
const sha256Hex = z.string().regex(/^[0-9a-f]{64}$/, 'must be 64 hex digits');

/**
 * Every setting the control plane reads. Endpoints are http only on the embedded stack, where `*_KEY` settings stand
 * in for managed identity.
 */
export const configSchema = z.object({
  COSMOS_ENDPOINT: url,
  COSMOS_DATABASE: z.string().min(1).default('slipway'),
  COSMOS_KEY: z.string().optional(),
  BLOB_ENDPOINT: url,
  QUEUE_ENDPOINT: url,
  STORAGE_CONNECTION_STRING: z.string().optional(),
  EVENT_GRID_TOPIC_ENDPOINT: url,
  EVENT_GRID_TOPIC_KEY: z.string().optional(),
  EVENT_SOURCE: z.string().min(1).default('/slipway'),
  ARM_ENDPOINT: url.default('https://management.azure.com'),
  ARM_TOKEN: z.string().optional(),
  AZURE_ML_WORKSPACE_ID: z.string().startsWith('/subscriptions/'),
  AZURE_ML_API_VERSION: z.string().default('2024-04-01'),
  AZURE_LOCATION: z.string().min(1),
  AZURE_CLIENT_ID: z.string().optional(),
  ENDPOINT_IDENTITY_ID: z
    .string()
    .startsWith('/subscriptions/')
    .optional()
    .describe('Identity that endpoints pull images with.'),
  IMAGE_REGISTRY: z.string().min(1).describe('Registry part of image references.'),
  SCORING_SERVER_DIR: z
    .string()
    .min(1)
    .default('dist/scoring')
    .describe('The built scoring server, from the app’s root.'),
  INSTANCE_TYPE: z.string().default('Standard_DS3_v2'),
  METRICS_GRANULARITY: z.string().default('PT1M').describe('Finest window the metrics provider answers.'),
  ACCESS: z.enum(['open', 'token']).default('token'),
  ACCESS_TOKEN_SHA256: sha256Hex
    .optional()
    .describe('SHA-256 of the token that may do everything, as the first admin.'),
  ENTRA_TENANT_ID: z.guid().optional().describe('Entra tenant whose access tokens are taken.'),
  ENTRA_AUDIENCE: z.string().min(1).optional().describe('Client id or App ID URI of the app registration of Slipway.'),
  ENTRA_AUTHORITY: url
    .default('https://login.microsoftonline.com')
    .describe('Entra’s own, another for sovereign clouds.'),
  SECRETS_KEY: z.base64().describe('32 bytes that encrypt channel secrets at rest.'),
  PRIVATE_EGRESS: z.enum(['refuse', 'allow']).default('refuse'),
  PUBLIC_URL: url.describe('Where people and clients reach this app.'),
  RELAY_POLL_MS: z.coerce
    .number()
    .int()
    .min(10)
    .max(60_000)
    .default(1000)
    .describe('Wait between two looks at a change feed.'),
  LOG_LEVEL: z.enum(['debug', 'info', 'warn', 'error']).default('info'),
});

export type Config = Readonly<z.output<typeof configSchema>>;

const isLoopback = (text: string): boolean => ['127.0.0.1', '[::1]', 'localhost'].includes(new URL(text).hostname);

/**
 * The configuration out of the environment, frozen.
 *
 * @throws SlipwayError INVALID_STATE listing every missing or wrong setting by name, never by value
 */
export const parseConfig = (environment: Readonly<Record<string, string | undefined>>): Config => {
  const present = Object.fromEntries(Object.entries(environment).filter(([, value]) => value !== ''));
  const parsed = configSchema.safeParse(present);
  if (!parsed.success) {
    const problems = parsed.error.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`);
    throw new SlipwayError('INVALID_STATE', `settings are missing or wrong: ${problems.join('; ')}`);
  }
  const config = parsed.data;
  if (config.ACCESS === 'open' && !isLoopback(config.PUBLIC_URL)) {
    throw new SlipwayError(
      'INVALID_STATE',
      'ACCESS may be "open" only where PUBLIC_URL is loopback: set it to "token"',
    );
  }
  if (config.ACCESS === 'token' && config.ACCESS_TOKEN_SHA256 === undefined && config.ENTRA_TENANT_ID === undefined) {
    throw new SlipwayError(
      'INVALID_STATE',
      'ACCESS is "token", so ACCESS_TOKEN_SHA256 must be set, or ENTRA_TENANT_ID and ENTRA_AUDIENCE',
    );
  }
  assertEntra(config);
  return Object.freeze(config);
};

const assertEntra = ({ ENTRA_TENANT_ID, ENTRA_AUDIENCE, ENTRA_AUTHORITY }: Config): void => {
  if ((ENTRA_TENANT_ID === undefined) !== (ENTRA_AUDIENCE === undefined)) {
    throw new SlipwayError('INVALID_STATE', 'ENTRA_TENANT_ID and ENTRA_AUDIENCE must be set together');
  }
  if (new URL(ENTRA_AUTHORITY).protocol !== 'https:' && !isLoopback(ENTRA_AUTHORITY)) {
    throw new SlipwayError('INVALID_STATE', 'ENTRA_AUTHORITY must begin with https://: its keys are trusted');
  }
};
