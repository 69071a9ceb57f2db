import { describe, expect, it } from 'vitest';
import { addMs } from '../../../shared/platform/time.ts';
import { noEvidence, type SmokeAnswer } from '../../../shared/rollout/evidence.ts';
import { isNoAnswer, judgeSmoke, smokeStep, toSmokeAnswer } from '../../../shared/rollout/smoke.ts';
import { MINUTE, NOW, rolloutIn } from '../../support/rollout-fixtures.ts';
import { policyOf } from '../../support/rollout-world.ts';

const answer = (more: Record<string, unknown> = {}) => ({
  status: 200,
  latencyMs: 7,
  body: '{"predictions":[1]}',
  ...more,
});

describe('a smoke answer', () => {
  it.each([
    ['{"predictions":[1]}', undefined],
    ['[0.5]', undefined],
    ['{"outputs":{}}', undefined],
    ['{"predictions":{"a":1}}', undefined],
    ['{"predictions":[]}', 'answered without predictions'],
    ['{}', 'answered without predictions'],
    ['[]', 'answered without predictions'],
    ['7', 'answered JSON that is neither list nor object'],
    ['{"predictions":"none"}', undefined],
    ['{"predictions":[0]}', undefined],
    ['null', 'answered JSON that is neither list nor object'],
    ['"ok"', 'answered JSON that is neither list nor object'],
    ['', 'answered something that is not JSON'],
  ])('with body %s has the problem: %s', (body, problem) => {
    expect(toSmokeAnswer(answer({ body }))).toEqual({ status: 200, latencyMs: 7, ...(problem && { problem }) });
  });

  it.each([
    [{ status: 400 }, 'answered 400'],
    [{ status: 424, modelStatus: 500 }, 'answered 424 (the model container said 500)'],
  ])('of status %o says so', (more, problem) => {
    expect(toSmokeAnswer(answer(more)).problem).toBe(problem);
  });

  it.each([
    [{ status: 503 }, true],
    [{ status: 429 }, true],
    [{ status: 500 }, true],
    [{ status: 502 }, true],
    [{ status: 504 }, true],
    [{ status: 500, modelStatus: 500 }, false],
    [{ status: 424, modelStatus: 503 }, false],
    [{ status: 408 }, false],
    [{ status: 200 }, false],
  ])('%o is no answer of the model: %s', (more, expected) => {
    expect(isNoAnswer(answer(more))).toBe(expected);
  });
});

const good: SmokeAnswer = { status: 200, latencyMs: 10 };
const bad: SmokeAnswer = { status: 424, latencyMs: 10, problem: 'answered 424' };
const slow: SmokeAnswer = { status: 200, latencyMs: 500 };

const smoking = (answers: readonly SmokeAnswer[], step: Record<string, unknown> = {}) =>
  rolloutIn('Smoke', {
    policy: policyOf({
      steps: [
        { kind: 'smoke', repeat: 4, ...step },
        { kind: 'traffic', weight: 100 },
      ],
    }),
    evidence: { ...noEvidence(1_000), smoke: answers },
    phaseAt: NOW,
  });

describe('judging smoke', () => {
  it.each([
    ['passes when all are good', [good, good, good, good], {}, 0, 'passed'],
    ['waits for the rest', [good, good, good], {}, 4, 'running'],
    ['waits until the time is up', [good], { timeout: 'PT5M' }, 5, 'failed'],
    ['fails on one bad answer', [good, bad, good, good], {}, 0, 'failed'],
    [
      'passes with the share of good answers that is asked for',
      [good, bad, good, good],
      { minPass: 0.75 },
      0,
      'passed',
    ],
    ['fails below that share', [good, bad, bad, good], { minPass: 0.75 }, 0, 'failed'],
    ['fails when it is slow', [good, good, good, slow], { maxLatencyMs: 499 }, 0, 'failed'],
    ['passes at the limit', [good, good, good, slow], { maxLatencyMs: 500 }, 0, 'passed'],
    ['does not time the first answer', [slow, good, good, good], { maxLatencyMs: 10 }, 0, 'passed'],
    ['times the only answer', [slow], { repeat: 1, maxLatencyMs: 10 }, 0, 'failed'],
  ] as const)('%s', (_, answers, step, minutes, kind) => {
    expect(judgeSmoke(smoking(answers, step), addMs(NOW, minutes * MINUTE)).kind).toBe(kind);
  });

  it('tells what it saw', () => {
    expect(judgeSmoke(smoking([slow, bad, good, good]), NOW)).toEqual({
      kind: 'failed',
      message: '1 of 4 smoke requests failed: the canary answered 424',
      verdict: { gate: 'smoke', enforced: true, verdict: 'fail', detail: { requests: 4, failed: 1, p95Ms: 10 } },
    });
    expect(judgeSmoke(smoking([good, good, good, good]), NOW)).toEqual({
      kind: 'passed',
      verdict: { gate: 'smoke', enforced: true, verdict: 'pass', detail: { requests: 4, failed: 0, p95Ms: 10 } },
    });
    expect(judgeSmoke(smoking([]), addMs(NOW, 5 * MINUTE))).toMatchObject({
      verdict: { detail: { requests: 0, failed: 0, p95Ms: null } },
    });
  });

  it('takes the 95th percentile of many, so that one slow answer is forgiven', () => {
    const many = [good, ...Array.from({ length: 19 }, () => good), slow];

    expect(judgeSmoke(smoking(many, { repeat: 21, maxLatencyMs: 100 }), NOW).kind).toBe('passed');
    expect(judgeSmoke(smoking([...many, slow], { repeat: 22, maxLatencyMs: 100 }), NOW).kind).toBe('failed');
  });

  const said = (verdict: 'pass' | 'fail', requests: number, failed: number, p95Ms: number | null) => ({
    gate: 'smoke',
    enforced: true,
    verdict,
    detail: { requests, failed, p95Ms },
  });

  it.each([
    ['running', [good], { timeout: 'PT5M' }, 5 * MINUTE - 1, { kind: 'running' }],
    [
      'out of time',
      [good, good],
      { timeout: 'PT5M' },
      5 * MINUTE,
      {
        kind: 'failed',
        message: 'only 2 of 4 smoke requests were answered within PT5M',
        verdict: said('fail', 2, 0, 10),
      },
    ],
    [
      'slow',
      [good, good, good, { status: 200, latencyMs: 500.6 }],
      { maxLatencyMs: 500 },
      0,
      {
        kind: 'failed',
        message: 'smoke requests took 501 ms (95th percentile), over 500 ms',
        verdict: said('fail', 4, 0, 501),
      },
    ],
    [
      'bad by three',
      [good, bad, { status: 500, latencyMs: 10, problem: 'answered 500' }, bad],
      { minPass: 0.5 },
      0,
      {
        kind: 'failed',
        message: '3 of 4 smoke requests failed: the canary answered 424',
        verdict: said('fail', 4, 3, 10),
      },
    ],
    ['good enough', [good, bad, good, bad], { minPass: 0.5 }, 0, { kind: 'passed', verdict: said('pass', 4, 2, 10) }],
  ] as const)('tells that it is %s', (_, answers, step, laterMs, expected) => {
    expect(judgeSmoke(smoking(answers, step), addMs(NOW, laterMs))).toStrictEqual(expected);
  });

  it('sorts by number and takes the nearest rank', () => {
    const answers = [9, 100, 20, 3, 1].map((latencyMs) => ({ status: 200, latencyMs }));
    const p95 = (some: readonly SmokeAnswer[]) => {
      const result = judgeSmoke(smoking(some, { repeat: some.length }), NOW);
      return result.kind === 'running' ? undefined : result.verdict.detail['p95Ms'];
    };

    expect(p95(answers)).toBe(100);
    expect(p95(answers.slice(0, 2))).toBe(100);
    expect(p95(answers.slice(2))).toBe(3);
    expect(p95([good, ...Array.from({ length: 40 }, (_, i) => ({ status: 200, latencyMs: 40 - i }))])).toBe(38);
  });

  it('fails at once without anything to send, or without a step', () => {
    expect(judgeSmoke({ ...smoking([]), servingInput: undefined }, NOW)).toStrictEqual({
      kind: 'failed',
      message: 'the model has no input example to send: log it again with input_example=, or leave the smoke step out',
      verdict: said('fail', 0, 0, null),
    });
    expect(judgeSmoke({ ...smoking([good]), step: 1 }, NOW)).toStrictEqual({
      kind: 'failed',
      message: 'there is no smoke step',
      verdict: said('fail', 1, 0, 10),
    });
  });

  it('knows which step is smoke', () => {
    expect(smokeStep(smoking([]))?.repeat).toBe(4);
    expect(smokeStep({ ...smoking([]), step: 1 })).toBeUndefined();
    expect(smokeStep({ ...smoking([]), step: 9 })).toBeUndefined();
  });
});
