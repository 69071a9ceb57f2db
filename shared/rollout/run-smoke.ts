import { isSlipwayError } from '../platform/errors.ts';
import { durationMs } from '../platform/time.ts';
import type { SmokeAnswer } from './evidence.ts';
import type { Rollout } from './rollout.ts';
import type { RolloutServices } from './services.ts';
import { isNoAnswer, smokeStep, toSmokeAnswer } from './smoke.ts';

/** Time for requests within one tick: well inside the lease. */
const BUDGET_MS = 20_000;
/** For the way to the platform and back, on top of what the model may take. */
const NETWORK_MS = 2_000;
const NOT_NOW = ['RESOURCE_CONFLICT', 'REQUEST_LIMIT_EXCEEDED', 'TEMPORARILY_UNAVAILABLE'];

/**
 * Answers to the smoke requests that are still to be sent, as far as one tick's time goes.
 *
 * Stops early when the platform cannot answer now; the next tick goes on from what was stored. A tick that dies sends
 * its requests again, which harms nobody: they are forced to a deployment without traffic.
 */
export const runSmoke = async (
  { endpoints, clock }: Pick<RolloutServices, 'endpoints' | 'clock'>,
  rollout: Rollout,
): Promise<readonly SmokeAnswer[]> => {
  const step = smokeStep(rollout);
  const body = rollout.servingInput;
  if (step === undefined || body === undefined) return [];
  const startedAt = clock();
  const timeoutMs = durationMs(rollout.policy.deployment.requestTimeout) + NETWORK_MS;
  const request = { deployment: rollout.to.deployment, body, timeoutMs };
  const answers: SmokeAnswer[] = [];
  while (rollout.evidence.smoke.length + answers.length < step.repeat && clock() - startedAt < BUDGET_MS) {
    const answer = await endpoints.invoke(rollout.endpoint, request).catch((cause: unknown) => {
      if (isSlipwayError(cause) && NOT_NOW.includes(cause.code)) return undefined;
      throw cause;
    });
    if (answer === undefined || isNoAnswer(answer)) break;
    answers.push(toSmokeAnswer(answer));
  }
  return answers;
};
