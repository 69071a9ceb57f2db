import { SlipwayError } from '../../../platform/errors.ts';
import type { Egress } from '../../../platform/http/egress.ts';
import { derivedId } from '../../../platform/ids.ts';
import type { Clock } from '../../../platform/time.ts';
import type { BuildOutcome, BuildRequest, EnvironmentBuilder } from '../environment-builder.ts';
import { callbackToken } from './callback-token.ts';

export interface WebhookBuilderOptions {
  /** Where builds are asked for: what starts a pipeline. */
  readonly url: string;
  /** Headers that let the receiver check who sent the body and when. */
  readonly sign: (id: string, timestamp: number, body: string) => Readonly<Record<string, string>>;
  /** Image to build on by minor of Python; told to the builder. */
  readonly bases: Readonly<Record<string, string>>;
  /** Whether the pipeline installs conda packages. */
  readonly conda: boolean;
  /** Changed by whoever changes what the pipeline makes of the same request. */
  readonly template: string;
  readonly egress: Egress;
  /** 32 bytes in base64, of which tokens are derived. */
  readonly secretsKey: string;
  /** Where the builder reaches this app. */
  readonly publicUrl: string;
  readonly registry: string;
  readonly clock: Clock;
}

/** Where environments of a pipeline are pushed. */
export const WEBHOOK_REPOSITORY = 'env/python';

/** Header that carries the token when the builder tells how a build ended. */
export const CALLBACK_HEADER = 'x-slipway-callback-token';

const PLATFORM = 'linux-x86_64';
const TIMEOUT_MS = 15_000;

/** The builder calls back; this is only how its silence is noticed. */
const LOOK_AGAIN_MS = 5 * 60_000;

/** Has environments built by somebody's own pipeline: a signed request starts it, and it calls back. */
export const createWebhookBuilder = (options: WebhookBuilderOptions): EnvironmentBuilder => ({
  name: 'webhook',
  conda: options.conda,
  baseFor: async (python) => ({
    base: options.bases[python] ?? 'none',
    platform: PLATFORM,
    template: options.template,
    server: 'webhook',
  }),
  async build(request): Promise<BuildOutcome> {
    if (request.job !== undefined) return { kind: 'running', job: request.job, lookAgainMs: LOOK_AGAIN_MS };
    const { url, sign, egress, clock } = options;
    const body = JSON.stringify(bodyOf(options, request));
    // The same on every attempt, so that the receiver can drop repeats.
    const id = derivedId('eb', request.key, request.buildId);
    const headers = sign(id, Math.floor(clock() / 1000), body);
    const answer = await egress.post(url, { headers, body, timeoutMs: TIMEOUT_MS });
    const host = new URL(url).hostname;
    if (answer.status >= 200 && answer.status < 300) {
      return { kind: 'running', job: { id }, lookAgainMs: LOOK_AGAIN_MS };
    }
    if (answer.status >= 500 || answer.status === 429 || answer.status === 408) {
      throw new SlipwayError('TEMPORARILY_UNAVAILABLE', `'${host}' answered ${answer.status}`);
    }
    return {
      kind: 'failed',
      code: 'builder-refused',
      message: `The builder at '${host}' refused with status ${answer.status}. Correct ENVIRONMENT_WEBHOOK_URL or the pipeline, then refresh the environment.`,
    };
  },
});

const bodyOf = (options: WebhookBuilderOptions, { key, spec, fresh, buildId }: BuildRequest) => ({
  type: 'slipway.environment.requested',
  key,
  fresh,
  spec,
  platform: PLATFORM,
  base: options.bases[spec.python] ?? null,
  target: `${options.registry}/${WEBHOOK_REPOSITORY}:${key}`,
  callback: {
    url: `${options.publicUrl.replace(/\/+$/, '')}/api/v1/environments/${key}/result`,
    header: CALLBACK_HEADER,
    token: callbackToken(options.secretsKey, key, buildId),
  },
});
