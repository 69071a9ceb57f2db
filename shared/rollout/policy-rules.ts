import { durationMs } from '../platform/time.ts';
import type { RolloutPolicy, TrafficStep } from './policy-schema.ts';

export interface PolicyProblem {
  readonly path: (string | number)[];
  readonly message: string;
}

const problem = (path: (string | number)[], message: string): PolicyProblem => ({ path, message });

/** Milliseconds, or undefined for text that the schema has refused already. */
const ms = (text: string | undefined): number | undefined => {
  try {
    return text === undefined ? undefined : durationMs(text);
  } catch {
    return undefined;
  }
};

/** What is wrong between the parts of a policy whose parts are right by themselves. */
export const policyProblems = (policy: RolloutPolicy): readonly PolicyProblem[] => [
  ...triggerProblems(policy),
  ...stepOrderProblems(policy),
  ...bakeProblems(policy),
  ...gateProblems(policy),
  ...approvalProblems(policy),
  ...timeProblems(policy),
];

/** The alias that a promotion moves: a rollout that started on it would start the next one. */
export const CHAMPION = 'champion';

const triggerProblems = ({ trigger }: RolloutPolicy): PolicyProblem[] =>
  typeof trigger === 'object' && 'alias' in trigger && trigger.alias === CHAMPION
    ? [
        problem(
          ['trigger', 'alias'],
          `'${CHAMPION}' is set by Slipway itself at promotion: use another, such as 'challenger'`,
        ),
      ]
    : [];

const isTraffic = (step: RolloutPolicy['steps'][number]): step is TrafficStep => step.kind === 'traffic';

const stepOrderProblems = ({ steps }: RolloutPolicy): PolicyProblem[] => {
  const problems: PolicyProblem[] = [];
  const firstTraffic = steps.findIndex(isTraffic);
  let highest = 0;
  let smokes = 0;
  steps.forEach((step, i) => {
    if (step.kind === 'smoke') {
      smokes += 1;
      if (smokes > 1) problems.push(problem(['steps', i], 'there may be one smoke step'));
      if (firstTraffic >= 0 && i > firstTraffic)
        problems.push(problem(['steps', i], 'smoke must come before the first traffic step'));
      return;
    }
    if (step.weight <= highest) problems.push(problem(['steps', i, 'weight'], `must be above ${highest}`));
    highest = Math.max(highest, step.weight);
  });
  const last = steps.at(-1);
  if (last?.kind !== 'traffic' || last.weight !== 100)
    problems.push(problem(['steps', steps.length - 1], 'the last step must have weight 100'));
  return problems;
};

const bakeProblems = ({ steps, analysis }: RolloutPolicy): PolicyProblem[] => {
  const interval = ms(analysis.interval) ?? 0;
  const delay = ms(analysis.ingestionDelay) ?? 0;
  return steps.flatMap((step, i) => {
    if (!isTraffic(step)) return [];
    const path = ['steps', i, 'bake'];
    if (step.weight === 100)
      return (['bake', 'minSamples'] as const)
        .filter((key) => step[key] !== undefined)
        .map((key) => problem(['steps', i, key], 'there is none at 100: hold says how long to watch'));
    const bake = ms(step.bake);
    if (step.bake === undefined) return [problem(path, 'is missing')];
    if (bake === undefined) return [];
    if (bake < 2 * interval) return [problem(path, 'must be at least twice analysis.interval')];
    if (bake <= delay) return [problem(path, 'must be longer than analysis.ingestionDelay')];
    return [];
  });
};

const gateProblems = ({ gates, steps, allowUngated }: RolloutPolicy): PolicyProblem[] => {
  const problems: PolicyProblem[] = [];
  const ids = new Set<string>();
  gates.forEach((gate, i) => {
    if (ids.has(gate.id)) problems.push(problem(['gates', i, 'id'], `'${gate.id}' is taken by another gate`));
    ids.add(gate.id);
    if (gate.steps !== 'all')
      gate.steps.forEach((index, j) => {
        if (steps[index]?.kind !== 'traffic')
          problems.push(problem(['gates', i, 'steps', j], `step ${index} is no traffic step`));
      });
    if (gate.type === 'errorRatio' && gate.detectRatio <= gate.maxRatio)
      problems.push(problem(['gates', i, 'detectRatio'], 'must be above maxRatio'));
    if (gate.type === 'absolute' && gate.metric.endsWith('Rate') && gate.max > 1)
      problems.push(problem(['gates', i, 'max'], 'is a share: at most 1'));
  });
  if (!allowUngated && !gates.some((gate) => gate.enforce))
    problems.push(problem(['gates'], 'at least one enforced gate is needed, or allowUngated'));
  return problems;
};

const approvalProblems = ({ approvals, steps }: RolloutPolicy): PolicyProblem[] => {
  const firstTraffic = steps.findIndex(isTraffic);
  return approvals.flatMap(({ before }, i) => {
    const index = before === 'promote' ? steps.length - 1 : before;
    if (steps[index]?.kind !== 'traffic')
      return [problem(['approvals', i, 'before'], `step ${before} is no traffic step`)];
    if (index === firstTraffic)
      return [problem(['approvals', i, 'before'], 'nothing was observed before the first traffic step')];
    const twice = approvals
      .slice(0, i)
      .some((other) => (other.before === 'promote' ? steps.length - 1 : other.before) === index);
    return twice ? [problem(['approvals', i, 'before'], 'there is an approval before that step already')] : [];
  });
};

const sum = (numbers: readonly number[]): number => numbers.reduce((total, value) => total + value, 0);

const timeProblems = (policy: RolloutPolicy): PolicyProblem[] => {
  const { steps, insufficientData, approvals, deadline, hold, analysis, freeze, deployment } = policy;
  const problems: PolicyProblem[] = [];
  const bakes = sum(steps.map((step) => (step.kind === 'traffic' ? (ms(step.bake) ?? 0) : (ms(step.timeout) ?? 0))));
  const longest = bakes * (1 + insufficientData.maxExtend) + sum(approvals.map(({ timeout }) => ms(timeout) ?? 0));
  if (longest >= (ms(deadline.after) ?? Number.POSITIVE_INFINITY))
    problems.push(problem(['deadline', 'after'], 'must be longer than all steps with every extension, and approvals'));
  if ((ms(hold.yieldAfter) ?? 0) > (ms(hold.duration) ?? 0))
    problems.push(problem(['hold', 'yieldAfter'], 'must not be longer than hold.duration'));
  if (ms(analysis.interval) === 0) problems.push(problem(['analysis', 'interval'], 'must be longer than nothing'));
  const requestTimeoutMs = ms(deployment.requestTimeout) ?? 1;
  if (requestTimeoutMs < 1 || requestTimeoutMs > 180_000)
    problems.push(problem(['deployment', 'requestTimeout'], 'must be at most PT3M and longer than nothing'));
  freeze.windows.forEach((window, i) => {
    if (Date.parse(window.from) >= Date.parse(window.to))
      problems.push(problem(['freeze', 'windows', i, 'to'], 'must be after from'));
  });
  return problems;
};

/** What a policy asks that the metrics provider cannot answer. */
export const capabilityProblems = (policy: RolloutPolicy, granularityMs: number): readonly PolicyProblem[] =>
  (['interval', 'ingestionDelay'] as const)
    .filter((key) => (ms(policy.analysis[key]) ?? 0) < granularityMs)
    .map((key) =>
      problem(['analysis', key], `must be at least the ${granularityMs} ms that the metrics provider can tell apart`),
    );
