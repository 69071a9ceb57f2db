import * as z from 'zod';
import { BUILDER_NAMES } from '../../../shared/packaging/environment/environment-builder.ts';
import type { EnvironmentDocument } from '../../../shared/packaging/environment/environment-document.ts';
import { ENVIRONMENT_FAILURES } from '../../../shared/packaging/environment/failures.ts';

const failureView = z.object({
  code: z.enum(ENVIRONMENT_FAILURES),
  message: z.string().describe('One sentence: what failed, and how to put it right.'),
  log: z.string().optional().describe('Last lines of the resolver or builder.'),
});

const imageView = z.object({
  image: z.string().describe('Reference by digest.'),
  repository: z.string(),
  digest: z.string(),
  sizeBytes: z.number().int().describe('Stored bytes of all layers; 0 when the builder does not tell.'),
  durationMs: z.number().int(),
  builtAt: z.string(),
  cacheHits: z.number().int().optional().describe('Packages whose layer was there already.'),
  lockKey: z.string().optional().describe('Equal for environments that were resolved to the same files.'),
});

/** An environment in a list. */
export const environmentSummary = z.object({
  key: z.string().describe('32 hex digits: what it holds and what it is built on.'),
  phase: z.enum(['requested', 'building', 'built', 'failed']),
  builder: z.enum(BUILDER_NAMES),
  python: z
    .object({ wanted: z.string(), used: z.string().optional() })
    .describe('Minors: what models were logged with, and what the image runs.'),
  requestedAt: z.string(),
  built: imageView.optional().describe('While it is refreshed, the image of before.'),
  failure: failureView.optional(),
  refreshFailed: failureView.optional().describe('Why the last refresh gave no other image.'),
});

const lockedPackage = z.object({
  name: z.string(),
  version: z.string(),
  fileName: z.string().optional(),
  sha256s: z.array(z.string()),
  size: z.number().int().optional(),
});

/** An environment with everything that is known of it. */
export const environmentDetail = environmentSummary.extend({
  requirements: z.array(z.string()).describe('In canonical form.'),
  constraints: z.array(z.string()),
  conda: z.object({ channels: z.array(z.string()), packages: z.array(z.string()) }),
  options: z.object({
    indexUrl: z.string().optional(),
    extraIndexUrls: z.array(z.string()),
    pre: z.boolean(),
    onlyBinary: z.array(z.string()),
    noBinary: z.array(z.string()),
  }),
  base: z.string().describe('What it is built on.'),
  platform: z.string(),
  template: z.string().describe('How the builder lays it out.'),
  lock: z
    .object({ python: z.string(), platform: z.string(), packages: z.array(lockedPackage), text: z.string() })
    .optional()
    .describe('What it was resolved to; absent when the builder does not tell.'),
});

const imageOf = (document: EnvironmentDocument) => (document.phase === 'built' ? document.built : document.previous);

/** Without the lock, which is long. */
export const toSummary = (document: EnvironmentDocument): z.input<typeof environmentSummary> => {
  const { key, phase, builder, spec, requestedAt } = document;
  const built = imageOf(document);
  return {
    ...{ key, phase, builder, requestedAt },
    python: { wanted: spec.python, ...(built === undefined ? {} : { used: built.python.used }) },
    ...(built === undefined ? {} : { built: toImage(built) }),
    ...(document.phase === 'failed' ? { failure: document.failure } : {}),
    ...(document.phase === 'built' && document.refreshFailed ? { refreshFailed: document.refreshFailed } : {}),
  };
};

const toImage = ({ lock, python, ...image }: NonNullable<ReturnType<typeof imageOf>>): z.input<typeof imageView> =>
  image;

export const toDetail = (document: EnvironmentDocument): z.input<typeof environmentDetail> => {
  const { spec, foundation } = document;
  const lock = imageOf(document)?.lock;
  return {
    ...toSummary(document),
    requirements: [...spec.requirements],
    constraints: [...spec.constraints],
    conda: { channels: [...spec.conda.channels], packages: [...spec.conda.packages] },
    options: {
      ...spec.options,
      extraIndexUrls: [...spec.options.extraIndexUrls],
      onlyBinary: [...spec.options.onlyBinary],
      noBinary: [...spec.options.noBinary],
    },
    base: foundation.base,
    platform: foundation.platform,
    template: foundation.template,
    ...(lock === undefined
      ? {}
      : { lock: { ...lock, packages: lock.packages.map((each) => ({ ...each, sha256s: [...each.sha256s] })) } }),
  };
};
