import * as z from 'zod';
import { SlipwayError } from '../../../platform/errors.ts';
import type { ImageStore } from '../../image/ports.ts';
import { type BuildEnvironmentServices, finishBuild } from '../build-environment.ts';
import { classifyFailure, redacted } from '../classify-failure.ts';
import type { BuildOutcome } from '../environment-builder.ts';
import { buildIdOf, type EnvironmentDocument } from '../environment-document.ts';
import { ENVIRONMENT_FAILURES } from '../failures.ts';
import { readPipLock } from '../pip/pip-lock.ts';
import { storedEnvironment } from '../stored-environment.ts';
import { callbackToken, isSameToken } from './callback-token.ts';
import { WEBHOOK_REPOSITORY } from './create-webhook-builder.ts';

/** How a build in somebody's own pipeline ended. */
export const environmentResult = z.discriminatedUnion('status', [
  z.strictObject({
    status: z.literal('built'),
    digest: z
      .string()
      .regex(/^sha256:[0-9a-f]{64}$/, 'must be sha256: and 64 hex digits')
      .describe('Of the image’s manifest, which must be pushed already.'),
    lock: z.string().max(300_000).optional().describe('requirements.lock with hashes, as pip reads it.'),
    durationMs: z.number().int().nonnegative().optional(),
  }),
  z.strictObject({
    status: z.literal('failed'),
    code: z.enum(ENVIRONMENT_FAILURES).optional().describe('Read from the log when it is absent.'),
    message: z.string().max(500).optional().describe('One sentence: what failed, and how to put it right.'),
    log: z.string().max(100_000).default('').describe('The last lines of pip.'),
  }),
]);

export type EnvironmentResult = z.output<typeof environmentResult>;

export interface ReceiveResultServices extends Pick<BuildEnvironmentServices, 'environments' | 'clock'> {
  readonly images: ImageStore;
  /** 32 bytes in base64, of which tokens are derived. */
  readonly secretsKey: string;
}

type Building = Extract<EnvironmentDocument, { phase: 'building' }>;

/**
 * Ends a build with what its pipeline says. Its token counts for that one build, until that has ended.
 *
 * @throws SlipwayError PERMISSION_DENIED for a token that is not of the build under way; INVALID_PARAMETER_VALUE for an
 * image that is not in the registry; RESOURCE_CONFLICT to be sent again
 */
export const receiveResult = async (
  services: ReceiveResultServices,
  key: string,
  { token, result }: { readonly token: string | undefined; readonly result: EnvironmentResult },
): Promise<void> => {
  const document = (await services.environments.read(key))?.value;
  if (!isBuilding(document) || !isOfBuild(services, document, token)) {
    throw new SlipwayError('PERMISSION_DENIED', `there is no build of environment '${key}' under way with this token`);
  }
  const outcome = await outcomeOf(services, document, result);
  if (await finishBuild(services, document, outcome)) return;
  throw new SlipwayError('RESOURCE_CONFLICT', `environment '${key}' changed meanwhile: send the result again`);
};

const isBuilding = (document: EnvironmentDocument | undefined): document is Building =>
  document?.phase === 'building' && document.builder === 'webhook';

const isOfBuild = ({ secretsKey }: ReceiveResultServices, document: Building, token = ''): boolean =>
  isSameToken(token, callbackToken(secretsKey, document.key, buildIdOf(document)));

const outcomeOf = async (
  { images, clock }: ReceiveResultServices,
  { spec, foundation, startedAt }: Building,
  result: EnvironmentResult,
): Promise<BuildOutcome> => {
  if (result.status === 'failed') {
    const read = classifyFailure(result.log);
    const { code = read.code, message = read.message } = result;
    return { ...read, code, message: redacted(message) };
  }
  const found = await storedEnvironment(images, WEBHOOK_REPOSITORY, result.digest);
  if (found === undefined) {
    const where = `${images.registry}/${WEBHOOK_REPOSITORY}`;
    throw new SlipwayError('INVALID_PARAMETER_VALUE', `digest: there is no such image in '${where}': push it first`);
  }
  const lock = result.lock === undefined ? undefined : readPipLock(result.lock, spec.python, foundation.platform);
  if (result.lock !== undefined && lock === undefined) {
    throw new SlipwayError(
      'INVALID_PARAMETER_VALUE',
      'lock: every line must read as in `numpy==2.1.3 --hash=sha256:<64 hex digits>`',
    );
  }
  return {
    kind: 'built',
    ...found,
    ...(lock === undefined ? {} : { lock }),
    python: { wanted: spec.python, used: spec.python },
    durationMs: result.durationMs ?? clock() - startedAt,
  };
};
