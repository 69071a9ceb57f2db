import { durationMs, type EpochMs } from '../platform/time.ts';
import type { SmokeAnswer } from './evidence.ts';
import type { GateVerdict } from './gates.ts';
import type { SmokeStep } from './policy-schema.ts';
import type { InvocationAnswer } from './ports.ts';
import type { Rollout } from './rollout.ts';

/** The smoke step that the rollout is at. */
export const smokeStep = (rollout: Rollout): SmokeStep | undefined => {
  const step = rollout.policy.steps[rollout.step];
  return step?.kind === 'smoke' ? step : undefined;
};

/** Statuses by which the platform says "not now"; they say nothing about the model. */
const NOT_NOW = [429, 500, 502, 503, 504];

/** True when the platform answered instead of the model, and asking again may help. */
export const isNoAnswer = ({ status, modelStatus }: InvocationAnswer): boolean =>
  modelStatus === undefined && NOT_NOW.includes(status);

/** What a smoke request showed: good is 200 and JSON with something in it. */
export const toSmokeAnswer = ({ status, modelStatus, latencyMs, body }: InvocationAnswer): SmokeAnswer => {
  const problem =
    status === 200
      ? bodyProblem(body)
      : `answered ${status}${modelStatus === undefined ? '' : ` (the model container said ${modelStatus})`}`;
  return { status, latencyMs, ...(problem === undefined ? {} : { problem }) };
};

const bodyProblem = (body: string): string | undefined => {
  let answer: unknown;
  try {
    answer = JSON.parse(body);
  } catch {
    return 'answered something that is not JSON';
  }
  if (typeof answer !== 'object' || answer === null) return 'answered JSON that is neither list nor object';
  if (Object.keys(answer).length === 0) return 'answered without predictions';
  const { predictions } = answer as { readonly predictions?: unknown };
  if (Array.isArray(predictions) && predictions.length === 0) return 'answered without predictions';
  return undefined;
};

export type SmokeResult =
  | { readonly kind: 'running' }
  | { readonly kind: 'passed'; readonly verdict: GateVerdict }
  | { readonly kind: 'failed'; readonly message: string; readonly verdict: GateVerdict };

/** Nearest-rank 95th percentile; the first answer warms the model up and is left out when there are others. */
const p95Of = (answers: readonly SmokeAnswer[]): number => {
  const timed = answers.length > 1 ? answers.slice(1) : answers;
  const sorted = timed.map(({ latencyMs }) => latencyMs).toSorted((a, b) => a - b);
  return sorted[Math.ceil(sorted.length * 0.95) - 1] ?? 0;
};

/** What the smoke answers so far mean. */
export const judgeSmoke = (rollout: Rollout, now: EpochMs): SmokeResult => {
  const step = smokeStep(rollout);
  const answers = rollout.evidence.smoke;
  if (step === undefined)
    return { kind: 'failed', message: 'there is no smoke step', verdict: verdictOf(answers, false) };
  const failed = (message: string): SmokeResult => ({ kind: 'failed', message, verdict: verdictOf(answers, false) });
  if (rollout.servingInput === undefined) {
    return failed(
      'the model has no input example to send: log it again with input_example=, or leave the smoke step out',
    );
  }
  if (answers.length < step.repeat) {
    if (now - rollout.phaseAt < durationMs(step.timeout)) return { kind: 'running' };
    return failed(`only ${answers.length} of ${step.repeat} smoke requests were answered within ${step.timeout}`);
  }
  const bad = answers.filter(({ problem }) => problem !== undefined);
  if ((answers.length - bad.length) / answers.length < step.minPass) {
    return failed(`${bad.length} of ${answers.length} smoke requests failed: the canary ${bad[0]?.problem ?? ''}`);
  }
  const p95Ms = p95Of(answers);
  if (step.maxLatencyMs !== undefined && p95Ms > step.maxLatencyMs) {
    return failed(`smoke requests took ${Math.round(p95Ms)} ms (95th percentile), over ${step.maxLatencyMs} ms`);
  }
  return { kind: 'passed', verdict: verdictOf(answers, true) };
};

const verdictOf = (answers: readonly SmokeAnswer[], passed: boolean): GateVerdict => ({
  gate: 'smoke',
  enforced: true,
  verdict: passed ? 'pass' : 'fail',
  detail: {
    requests: answers.length,
    failed: answers.filter(({ problem }) => problem !== undefined).length,
    p95Ms: answers.length === 0 ? null : Math.round(p95Of(answers)),
  },
});
