import { describe, expect, it } from 'vitest';
import { GATE, problemsOf, STEPS } from '../../support/policy-problems.ts';

describe('a rollout policy at its edges', () => {
  // Ten minutes and five of smoke, each up to three times more, and an hour for a person: two hours.
  const timed = (after: string, more: Record<string, unknown> = {}) =>
    problemsOf({
      steps: [{ kind: 'smoke', timeout: 'PT5M' }, STEPS[1], STEPS[2]],
      approvals: [{ before: 'promote', timeout: 'PT1H' }],
      deadline: { after },
      ...more,
    });
  const TOO_SHORT = ['deadline.after: must be longer than all steps with every extension, and approvals'];

  it('has a deadline after everything it may wait for', () => {
    expect(timed('PT2H')).toEqual(TOO_SHORT);
    expect(timed('PT2H0.001S')).toEqual([]);
    expect(timed('PT1H15M0.001S', { insufficientData: { maxExtend: 0 } })).toEqual([]);
    expect(timed('PT1H15M', { insufficientData: { maxExtend: 0 } })).toEqual(TOO_SHORT);
    expect(timed('PT1H', { approvals: [] })).toEqual(TOO_SHORT);
    expect(timed('PT1H0.001S', { approvals: [] })).toEqual([]);
  });

  it.each([
    [
      'a smoke step after traffic, and twice',
      { steps: [STEPS[0], STEPS[1], STEPS[0], STEPS[2]] },
      ['steps.2: there may be one smoke step', 'steps.2: smoke must come before the first traffic step'],
    ],
    [
      'no traffic at all',
      { steps: [STEPS[0], STEPS[0]] },
      ['steps.1: there may be one smoke step', 'steps.1: the last step must have weight 100'],
    ],
    [
      'weights that rise, fall and rise again',
      {
        steps: [10, 50, 20, 40, 60]
          .map((weight) => ({ kind: 'traffic', weight, bake: 'PT10M' }))
          .concat(STEPS[2] as never),
      },
      ['steps.2.weight: must be above 50', 'steps.3.weight: must be above 50'],
    ],
    [
      'a bake and samples at 100',
      { steps: [{ kind: 'traffic', weight: 100, bake: 'PT10M', minSamples: 3 }] },
      [
        'steps.0.bake: there is none at 100: hold says how long to watch',
        'steps.0.minSamples: there is none at 100: hold says how long to watch',
      ],
    ],
    [
      'gates for some steps that are none',
      { steps: STEPS, gates: [{ ...GATE, steps: [0, 1, 7] }] },
      ['gates.0.steps.0: step 0 is no traffic step', 'gates.0.steps.2: step 7 is no traffic step'],
    ],
    [
      'an approval before the smoke step, and three before the last',
      {
        steps: [...STEPS.slice(0, 2), { kind: 'traffic', weight: 50, bake: 'PT10M' }, STEPS[2]],
        approvals: [{ before: 0 }, { before: 'promote' }, { before: 3 }, { before: 2 }, { before: 'promote' }],
        deadline: { after: 'P20D' },
      },
      [
        'approvals.0.before: step 0 is no traffic step',
        'approvals.2.before: there is an approval before that step already',
        'approvals.4.before: there is an approval before that step already',
      ],
    ],
    [
      'a freeze of no time',
      { freeze: { windows: [{ name: 'x', from: '2026-01-01T00:00:00Z', to: '2026-01-01T00:00:00Z' }] } },
      ['freeze.windows.0.to: must be after from'],
    ],
    [
      'no hold but a time to yield',
      { hold: { duration: 'PT0S', yieldAfter: 'PT1S' } },
      ['hold.yieldAfter: must not be longer than hold.duration'],
    ],
    ['a preset that is no text', { preset: 7 }, ['preset: must be one of fast, standard, careful']],
    ['a list of presets', { preset: ['fast'] }, ['preset: must be one of fast, standard, careful']],
    ['a preset from elsewhere', { preset: 'toString' }, ['preset: must be one of fast, standard, careful']],
    ['no name', { name: undefined }, ['name: Invalid input: expected string, received undefined']],
  ])('may not have %s', (_, raw, problems) => {
    expect(problemsOf(raw)).toEqual(problems);
  });
});
