const SMOKE = { kind: 'smoke' } as const;

const GATES = [
  { id: 'dead', type: 'absolute', metric: 'errorRate', max: 0.5, minSamples: 20 },
  { id: 'errors', type: 'errorRatio', maxRatio: 1, detectRatio: 5 },
] as const;

const ladder = (...steps: readonly (readonly [weight: number, bake: string])[]) => [
  SMOKE,
  ...steps.map(([weight, bake]) => ({ kind: 'traffic', weight, bake }) as const),
  { kind: 'traffic', weight: 100 } as const,
];

/** Plans to begin from. What a policy says itself goes before what its preset says. */
export const PRESETS = {
  fast: {
    summary: 'Smoke, 10 % for 5 minutes, then everything.',
    plan: { steps: ladder([10, 'PT5M']), gates: GATES },
  },
  standard: {
    summary: 'Smoke, then 1, 5, 25 and 50 % in 55 minutes, then everything.',
    plan: { steps: ladder([1, 'PT10M'], [5, 'PT10M'], [25, 'PT15M'], [50, 'PT20M']), gates: GATES },
  },
  careful: {
    summary: 'Smoke, then six steps of half an hour, and a person before everything.',
    plan: {
      steps: ladder([1, 'PT30M'], [2, 'PT30M'], [5, 'PT30M'], [10, 'PT30M'], [25, 'PT30M'], [50, 'PT30M']),
      gates: GATES,
      approvals: [{ before: 'promote', timeout: 'P1D', onTimeout: 'rollback' }],
      deadline: {
        after: 'P3D',
        then: 'rollback',
      },
    },
  },
} as const;

export type PresetName = keyof typeof PRESETS;
