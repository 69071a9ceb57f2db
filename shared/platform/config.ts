import * as z from 'zod';
import { SlipwayError } from './errors.ts';

const url = z.url({ protocol: /^https?$/ });
const sha256Hex = z.string().regex(/^[0-9a-f]{64}$/, 'must be 64 hex digits');

/** An image of the registry or of another by digest, for each minor of Python. */
const imageByPython = z.string().transform((text, context) => {
  const images: Record<string, string> = {};
  for (const part of text.split(',').map((each) => each.trim())) {
    const [, python, image] = /^(3\.\d{1,2})=([a-z0-9][a-z0-9._:/-]*@sha256:[0-9a-f]{64})$/.exec(part) ?? [];
    if (python === undefined || image === undefined) {
      context.addIssue({ code: 'custom', message: 'must read as in 3.11=<reference>@sha256:<64 hex digits>,3.12=…' });
      return z.NEVER;
    }
    images[python] = image;
  }
  return images;
});

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
  IMAGE_REGISTRY: z
    .string()
    .min(1)
    .describe('Where images go: host and path as in `ghcr.io/team`, with `http://` before it on loopback only.'),
  IMAGE_REGISTRY_USERNAME: z.string().min(1).optional().describe('Without it, managed identity.'),
  IMAGE_REGISTRY_PASSWORD: z.string().min(1).optional().describe('Of that user.'),
  IMAGE_STORE: z
    .enum(['registry', 'layout'])
    .default('registry')
    .describe('`layout`: an OCI image layout in Blob Storage, for the embedded stack.'),
  PACKAGE_RETENTION: z
    .string()
    .regex(/^P(?!$)(\d+W)?(\d+D)?(T(?=\d)(\d+H)?(\d+M)?(\d+S)?)?$/, 'must be a duration such as P90D')
    .optional()
    .describe('Packages that nothing needs are removed when they are older, as in `P90D`. Without it, never.'),
  SCORING_SERVER_DIR: z
    .string()
    .min(1)
    .default('dist/scoring')
    .describe('The built scoring server, from the app’s root.'),
  BASE_IMAGE: z
    .string()
    .regex(/^[a-z0-9._/-]+(:[\w.-]+|@sha256:[0-9a-f]{64})$/, 'must be <repository>:<tag> or <repository>@sha256:<hex>')
    .optional()
    .describe('What images of onnx models are built on, in the same registry: it brings node 24.'),
  LAYER_ENCODING: z
    .enum(['stored', 'none', 'auto'])
    .default('stored')
    .describe('How image layers are kept: gzip that stores, plain tar, or gzip where it pays.'),
  SIGNING_KEY_ID: z
    .url({ protocol: /^https$/ })
    .optional()
    .describe('Key in Key Vault that signs images, P-256 or RSA. Without one they are not signed.'),
  PYTHON_VERSIONS: z
    .string()
    .regex(/^(none|3\.\d{1,2}(,3\.\d{1,2})*)$/, 'must read as in 3.11,3.12, or be none')
    .default('3.10,3.11,3.12,3.13')
    .transform((text) => (text === 'none' ? [] : text.split(',')))
    .describe('Minors of Python that models can be served on, or `none`.'),
  PYTHON_INDEX_URL: url
    .default('https://pypi.org/simple')
    .describe('Package index of Python environments; may hold a user and a password.'),
  WHEELHOUSE: z
    .string()
    .min(1)
    .optional()
    .describe('Wheels instead of an index: `blobs` for those in the storage account, or a folder.'),
  WHEEL_CACHE: z
    .string()
    .min(1)
    .optional()
    .describe('Folder that keeps the wheels that were fetched; without it, the storage account does.'),
  UV_PATH: z.string().min(1).optional().describe('The resolver uv; without it, it is taken from the index.'),
  PYTHON_SERVER_DIR: z
    .string()
    .min(1)
    .default('scoring/python')
    .describe('The Python scoring server, from the app’s root.'),
  ENVIRONMENT_BUILDER: z
    .enum(['wheels', 'acr-tasks', 'webhook', 'image'])
    .default('wheels')
    .describe('Who makes the images of Python environments.'),
  ENVIRONMENT_IMAGES: imageByPython
    .default({})
    .describe(
      'Images by minor of Python, as in `3.11=<reference>@sha256:<hex>,3.12=…`: what environments are built on; with `image`, what they are.',
    ),
  CONTAINER_REGISTRY_ID: z
    .string()
    .startsWith('/subscriptions/')
    .optional()
    .describe('ARM id of the registry whose tasks build environments, with `acr-tasks`.'),
  TASKS_AGENT_POOL: z.string().min(1).optional().describe('Agent pool for those tasks, where the registry is private.'),
  ENVIRONMENT_WEBHOOK_URL: url.optional().describe('What starts a pipeline that builds environments, with `webhook`.'),
  ENVIRONMENT_WEBHOOK_SECRET: z.string().min(16).optional().describe('Signs those requests.'),
  ENVIRONMENT_WEBHOOK_TEMPLATE: z
    .string()
    .min(1)
    .default('webhook-1')
    .describe('Change it when the pipeline builds otherwise than before: every environment is then built anew.'),
  ENVIRONMENT_WEBHOOK_CONDA: z
    .enum(['yes', 'no'])
    .default('no')
    .describe('Whether that pipeline installs conda packages.'),
  CONVERTER_URL: url.optional().describe('Where Python models are converted to ONNX graphs. Without it none is.'),
  CONVERTER_KEY: z.string().min(1).optional().describe('What the converter asks for as a bearer token.'),
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

/** Whether the URL is one of this machine alone, as those of the embedded stack are. */
export const isLoopback = (text: string): boolean =>
  ['127.0.0.1', '[::1]', 'localhost'].includes(new URL(text).hostname);

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
  if ((config.IMAGE_REGISTRY_USERNAME === undefined) !== (config.IMAGE_REGISTRY_PASSWORD === undefined)) {
    throw new SlipwayError('INVALID_STATE', 'IMAGE_REGISTRY_USERNAME and IMAGE_REGISTRY_PASSWORD must be set together');
  }
  assertEntra(config);
  assertEnvironmentBuilder(config);
  return Object.freeze(config);
};

/** What each builder cannot do without. */
const assertEnvironmentBuilder = (config: Config): void => {
  const needed = {
    wheels: [],
    'acr-tasks': ['CONTAINER_REGISTRY_ID'],
    webhook: ['ENVIRONMENT_WEBHOOK_URL', 'ENVIRONMENT_WEBHOOK_SECRET'],
    image: [],
  } as const;
  const missing = needed[config.ENVIRONMENT_BUILDER].filter((name) => config[name] === undefined);
  const builder = config.ENVIRONMENT_BUILDER;
  const noImages =
    Object.keys(config.ENVIRONMENT_IMAGES).length === 0 && (builder === 'acr-tasks' || builder === 'image');
  const names = [...missing, ...(noImages ? ['ENVIRONMENT_IMAGES'] : [])];
  if (names.length === 0) return;
  throw new SlipwayError('INVALID_STATE', `ENVIRONMENT_BUILDER is "${builder}", so ${names.join(' and ')} must be set`);
};

const assertEntra = ({ ENTRA_TENANT_ID, ENTRA_AUDIENCE, ENTRA_AUTHORITY }: Config): void => {
  if ((ENTRA_TENANT_ID === undefined) !== (ENTRA_AUDIENCE === undefined)) {
    throw new SlipwayError('INVALID_STATE', 'ENTRA_TENANT_ID and ENTRA_AUDIENCE must be set together');
  }
  if (new URL(ENTRA_AUTHORITY).protocol !== 'https:' && !isLoopback(ENTRA_AUTHORITY)) {
    throw new SlipwayError('INVALID_STATE', 'ENTRA_AUTHORITY must begin with https://: its keys are trusted');
  }
};
