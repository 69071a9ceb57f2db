import { describe, expect, it } from 'vitest';
import { parsePolicy } from '../../../shared/rollout/policy.ts';
import { capabilityProblems } from '../../../shared/rollout/policy-rules.ts';
import { PRESETS } from '../../../shared/rollout/presets.ts';
import { BASE, GATE, problemsOf, STEPS } from '../../support/policy-problems.ts';

const CHAMPION_REFUSED =
  "trigger.alias: 'champion' is set by Slipway itself at promotion: use another, such as 'challenger'";
const TRIGGER_REFUSED =
  'trigger: must be \'registration\', \'manual\', {"stage": "Staging" | "Production"} or {"alias": "a-name-of-yours"}';

describe('rollout policy', () => {
  it.each(Object.keys(PRESETS))('takes the preset %s as it is', (preset) => {
    expect(problemsOf({ preset })).toEqual([]);
  });

  it('is complete when only a name and a selector are given', () => {
    const policy = parsePolicy(BASE);

    expect(policy).toMatchObject({
      schemaVersion: 1,
      trigger: 'registration',
      mode: 'enforce',
      onNewerVersion: 'queueLatest',
      supersedeUntilLive: true,
      allowUngated: false,
      analysis: { interval: 'PT1M', ingestionDelay: 'PT3M', alphaTotal: 0.01, evidence: 'noHarm' },
      insufficientData: { maxExtend: 3, then: 'pause' },
      metricsError: { consecutiveLimit: 5, rollbackAfter: 'PT30M' },
      deadline: { after: 'P1D', then: 'rollback' },
      rollback: { keepCanary: 'PT30M', verifyTimeout: 'PT5M', blockVersion: true },
      hold: { duration: 'P1D', holdback: 0 },
      retire: { action: 'delete' },
      drift: { then: 'hold' },
      packaging: { onnx: { convert: 'off', tolerance: 1e-4, missing: 'as-model' } },
      deployment: { instanceCount: 1, requestTimeout: 'PT5S', environmentVariables: {}, collectData: true },
    });
    expect(policy.steps.map((step) => (step.kind === 'traffic' ? step.weight : step.kind))).toEqual([
      'smoke',
      1,
      5,
      25,
      50,
      100,
    ]);
    expect(policy.gates.map(({ id, enforce, steps }) => [id, enforce, steps])).toEqual([
      ['dead', true, 'all'],
      ['errors', true, 'all'],
    ]);
  });

  it('reads back what it wrote', () => {
    const policy = parsePolicy({ ...BASE, preset: 'careful' });

    expect(parsePolicy({ ...policy })).toEqual(policy);
  });

  it.each([
    [
      'weights fall',
      { steps: [STEPS[0], { kind: 'traffic', weight: 50, bake: 'PT10M' }, STEPS[1], STEPS[2]] },
      'steps.2.weight: must be above 50',
    ],
    ['a weight is repeated', { steps: [STEPS[1], STEPS[1], STEPS[2]] }, 'steps.1.weight: must be above 10'],
    ['the last step is below 100', { steps: [STEPS[0], STEPS[1]] }, 'steps.1: the last step must have weight 100'],
    ['the last step is smoke', { steps: [STEPS[0]] }, 'steps.0: the last step must have weight 100'],
    [
      'smoke comes after traffic',
      { steps: [STEPS[1], STEPS[0], STEPS[2]] },
      'steps.1: smoke must come before the first traffic step',
    ],
    ['there are two smoke steps', { steps: [STEPS[0], STEPS[0], STEPS[2]] }, 'steps.1: there may be one smoke step'],
    [
      'a weight is a fraction',
      { steps: [{ kind: 'traffic', weight: 1.5, bake: 'PT10M' }, STEPS[2]] },
      'steps.0.weight: Invalid input: expected int, received number',
    ],
    ['a bake is missing', { steps: [{ kind: 'traffic', weight: 10 }, STEPS[2]] }, 'steps.0.bake: is missing'],
    [
      'there is a bake at 100',
      { steps: [{ kind: 'traffic', weight: 100, bake: 'PT10M' }] },
      'steps.0.bake: there is none at 100: hold says how long to watch',
    ],
    [
      'there are samples at 100',
      { steps: [{ kind: 'traffic', weight: 100, minSamples: 10 }] },
      'steps.0.minSamples: there is none at 100: hold says how long to watch',
    ],
    [
      'a bake is shorter than two intervals',
      { steps: [{ kind: 'traffic', weight: 10, bake: 'PT119S' }, STEPS[2]], analysis: { ingestionDelay: 'PT1M' } },
      'steps.0.bake: must be at least twice analysis.interval',
    ],
    [
      'a bake is as long as the delay',
      { steps: [{ kind: 'traffic', weight: 10, bake: 'PT3M' }, STEPS[2]] },
      'steps.0.bake: must be longer than analysis.ingestionDelay',
    ],
    [
      'a bake is no duration',
      { steps: [{ kind: 'traffic', weight: 10, bake: '10m' }, STEPS[2]] },
      "steps.0.bake: '10m' is not an ISO-8601 duration such as PT5M",
    ],
    [
      'a bake has months',
      { steps: [{ kind: 'traffic', weight: 10, bake: 'P1M' }, STEPS[2]] },
      "steps.0.bake: duration 'P1M' must be positive and without years or months",
    ],
    [
      'shadow is asked for',
      { steps: [{ kind: 'shadow', percent: 10, bake: 'PT10M' }, STEPS[2]] },
      "steps.0.kind: a step of kind 'shadow' is not implemented: use smoke or traffic",
    ],
    [
      'a gate is not implemented',
      { gates: [{ id: 'slow', type: 'slowRatio' }] },
      "gates.0.type: a gate of type 'slowRatio' is not implemented: use errorRatio or absolute",
    ],
    ['two gates share an id', { gates: [GATE, GATE] }, "gates.1.id: 'errors' is taken by another gate"],
    [
      'a gate judges a step that is not there',
      { gates: [{ ...GATE, steps: [9] }] },
      'gates.0.steps.0: step 9 is no traffic step',
    ],
    [
      'a gate judges the smoke step',
      { gates: [{ ...GATE, steps: [0] }] },
      'gates.0.steps.0: step 0 is no traffic step',
    ],
    [
      'detectRatio is not above maxRatio',
      { gates: [{ ...GATE, maxRatio: 2, detectRatio: 2 }] },
      'gates.0.detectRatio: must be above maxRatio',
    ],
    [
      'maxRatio is above 5',
      { gates: [{ ...GATE, maxRatio: 6, detectRatio: 7 }] },
      'gates.0.maxRatio: Too big: expected number to be <=5',
    ],
    [
      'a rate is above 1',
      { gates: [{ id: 'dead', type: 'absolute', metric: 'errorRate', max: 50 }] },
      'gates.0.max: is a share: at most 1',
    ],
    [
      'no gate is enforced',
      { gates: [{ ...GATE, enforce: false }] },
      'gates: at least one enforced gate is needed, or allowUngated',
    ],
    ['there is no gate', { gates: [] }, 'gates: at least one enforced gate is needed, or allowUngated'],
    [
      'alphaTotal is too big',
      { analysis: { alphaTotal: 0.2 } },
      'analysis.alphaTotal: Too big: expected number to be <=0.1',
    ],
    ['the interval is nothing', { analysis: { interval: 'PT0S' } }, 'analysis.interval: must be longer than nothing'],
    [
      'the other evidence is asked for',
      { analysis: { evidence: 'nonInferior' } },
      "analysis.evidence: 'nonInferior' is not implemented: only 'noHarm' is",
    ],
    ['it should only observe', { mode: 'observe' }, "mode: 'observe' is not implemented: only 'enforce' is"],
    ['a holdback is asked for', { hold: { holdback: 5 } }, "hold.holdback: '5' is not implemented: only '0' is"],
    [
      'scaling down is asked for',
      { retire: { action: 'scaleToMin' } },
      "retire.action: 'scaleToMin' is not implemented: use 'delete' or 'keep'",
    ],
    [
      'the deadline comes before the end',
      { deadline: { after: 'PT3H' } },
      'deadline.after: must be longer than all steps with every extension, and approvals',
    ],
    [
      'the hold yields after its end',
      { hold: { duration: 'PT1H', yieldAfter: 'PT2H' } },
      'hold.yieldAfter: must not be longer than hold.duration',
    ],
    [
      'an approval is before a missing step',
      { approvals: [{ before: 9 }], deadline: { after: 'P3D' } },
      'approvals.0.before: step 9 is no traffic step',
    ],
    [
      'an approval is before the first traffic',
      { approvals: [{ before: 1 }], deadline: { after: 'P3D' } },
      'approvals.0.before: nothing was observed before the first traffic step',
    ],
    [
      'two approvals are before one step',
      { approvals: [{ before: 5 }, { before: 'promote' }], deadline: { after: 'P9D' } },
      'approvals.1.before: there is an approval before that step already',
    ],
    [
      'a freeze ends before it begins',
      { freeze: { windows: [{ name: 'x', from: '2026-02-01T00:00:00Z', to: '2026-01-01T00:00:00Z' }] } },
      'freeze.windows.0.to: must be after from',
    ],
    [
      'requests may take too long',
      { deployment: { requestTimeout: 'PT181S' } },
      'deployment.requestTimeout: must be at most PT3M and longer than nothing',
    ],
    [
      'requests may take no time',
      { deployment: { requestTimeout: 'PT0S' } },
      'deployment.requestTimeout: must be at most PT3M and longer than nothing',
    ],
    [
      'the endpoint is no name',
      { selector: { endpoint: '1heart', model: 'x' } },
      'selector.endpoint: must be an endpoint name: 3 to 32 letters, digits and single dashes, `{model}` standing for the model',
    ],
    [
      'the star is in the middle',
      { selector: { endpoint: 'heart', model: 'a*b' } },
      'selector.model: `*` may only be the last character',
    ],
    ['the trigger is an alias that Slipway sets', { trigger: { alias: 'champion' } }, CHAMPION_REFUSED],
    [
      'the trigger is an alias that nobody can set',
      { trigger: { alias: 'v2' } },
      "trigger.alias: Version alias name 'v2' is reserved: 'v' and digits would look like a version.",
    ],
    ['the trigger is an unknown stage', { trigger: { stage: 'Live' } }, TRIGGER_REFUSED],
    ['the trigger is no stage to serve in', { trigger: { stage: 'Archived' } }, TRIGGER_REFUSED],
    ['there are two triggers', { trigger: { stage: 'Staging', alias: 'x' } }, TRIGGER_REFUSED],
    ['the trigger is empty', { trigger: {} }, TRIGGER_REFUSED],
    ['there is an unknown field', { gate: [] }, 'policy: Unrecognized key: "gate"'],
    ['the preset is unknown', { preset: 'bold' }, 'preset: must be one of fast, standard, careful'],
  ])('is refused when %s', (_, raw, problem) => {
    expect(problemsOf(raw)).toEqual([problem]);
  });

  it.each([
    ['registration', 'registration'],
    ['manual', 'manual'],
    [{ stage: 'Staging' }, { stage: 'Staging' }],
    [{ stage: 'Production' }, { stage: 'Production' }],
    [{ alias: 'challenger' }, { alias: 'challenger' }],
    [{ alias: 'Champion' }, { alias: 'Champion' }],
    // As releases before stored it.
    ['auto', 'registration'],
  ])('with trigger %o starts on %o', (trigger, expected) => {
    expect(parsePolicy({ ...BASE, trigger }).trigger).toEqual(expected);
  });

  it('lists every problem at once', () => {
    expect(problemsOf({ mode: 'observe', trigger: 'never', analysis: { alphaTotal: 1 } })).toHaveLength(3);
  });

  it.each([
    ['ungated when it says so', { gates: [], allowUngated: true }],
    [
      'with a second between looks',
      {
        steps: [{ kind: 'traffic', weight: 10, bake: 'PT2S' }, STEPS[2]],
        analysis: { interval: 'PT1S', ingestionDelay: 'PT1S' },
      },
    ],
    [
      'with a bake of two intervals, just longer than the delay',
      {
        steps: [{ kind: 'traffic', weight: 10, bake: 'PT2M' }, STEPS[2]],
        analysis: { interval: 'PT1M', ingestionDelay: 'PT119S' },
      },
    ],
    ['with a rate of 1', { gates: [{ id: 'dead', type: 'absolute', metric: 'timeoutRate', max: 1 }] }],
    ['with a latency above 1', { gates: [{ id: 'slow', type: 'absolute', metric: 'p95', max: 2 }] }],
    ['whose gate judges a traffic step', { steps: STEPS, gates: [{ ...GATE, steps: [1, 2] }] }],
    [
      'with one enforced gate of two',
      {
        gates: [
          { ...GATE, enforce: false },
          { ...GATE, id: 'other' },
        ],
      },
    ],
    ['with two approvals', { approvals: [{ before: 2 }, { before: 'promote' }], deadline: { after: 'P9D' } }],
    ['with one smoke step and one weight', { steps: [STEPS[0], STEPS[2]] }],
    ['with requests of a millisecond', { deployment: { requestTimeout: 'PT0.001S' } }],
    ['with requests of three minutes', { deployment: { requestTimeout: 'PT3M' } }],
    ['that yields its hold at its end', { hold: { duration: 'PT1H', yieldAfter: 'PT1H' } }],
    [
      'with freezes',
      { freeze: { windows: [{ name: 'x', from: '2026-01-01T00:00:00Z', to: '2026-01-01T00:00:01Z' }] } },
    ],
    ['that yields its hold at once', { hold: { duration: 'PT10S' } }],
    ['whose endpoint is named after the model', { selector: { endpoint: '{model}', model: '*' } }],
  ])('may be one %s', (_, raw) => {
    expect(problemsOf(raw)).toEqual([]);
  });

  it('is impossible where the metrics provider cannot tell its windows apart', () => {
    const policy = parsePolicy({ ...BASE, analysis: { interval: 'PT30S', ingestionDelay: 'PT3M' } });

    expect(capabilityProblems(policy, 60_000)).toEqual([
      {
        path: ['analysis', 'interval'],
        message: 'must be at least the 60000 ms that the metrics provider can tell apart',
      },
    ]);
    expect(capabilityProblems(policy, 30_000)).toEqual([]);
    expect(capabilityProblems(policy, 180_001).map(({ path }) => path)).toEqual([
      ['analysis', 'interval'],
      ['analysis', 'ingestionDelay'],
    ]);
  });
});
