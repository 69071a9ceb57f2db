import { addMs } from '../../shared/platform/time.ts';
import { noEvidence, weightsChange } from '../../shared/rollout/evidence.ts';
import type { Observation } from '../../shared/rollout/observation.ts';
import type { DeploymentMetrics } from '../../shared/rollout/ports.ts';
import { reduce, type Transition } from '../../shared/rollout/reduce.ts';
import { type EndpointRecord, isTerminal, type Rollout } from '../../shared/rollout/rollout.ts';
import { isJudged } from '../../shared/rollout/rules/danger.ts';
import { CANARY, deployment, endpointIn, HOUR, rolloutIn, STABLE } from './rollout-fixtures.ts';
import { policyOf, T0 } from './rollout-world.ts';

/** What the gates will say at a tick; the explorer tries all three everywhere. */
type Answer = 'pass' | 'fail' | 'insufficient';

export interface ProtocolVariant {
  /** One worker per endpoint at a time. */
  readonly lease: boolean;
  readonly order: 'commit-then-effect' | 'effect-then-commit';
  readonly reduce?: typeof reduce;
}

interface Documents {
  readonly rollout: Rollout;
  readonly endpoint: EndpointRecord;
}

/** Where a worker is between two of its steps. A worker that died or is done is idle. */
type Worker =
  | { readonly at: 'idle' }
  | { readonly at: 'loaded'; readonly documents: Documents }
  | { readonly at: 'decided'; readonly rev: number; readonly next: Documents; readonly put?: number }
  /** Its second half is still to come: the write, or the commit when the variant writes first. */
  | { readonly at: 'half-done'; readonly rev: number; readonly next: Documents; readonly put?: number };

interface State {
  readonly documents: Documents;
  /** Canary weight that the platform really has. */
  readonly actual: number;
  readonly workers: readonly Worker[];
  readonly crashesLeft: number;
  readonly aborted: boolean;
  /** A stored transition said that the gates passed. */
  readonly passed: boolean;
}

export interface Exploration {
  readonly states: number;
  readonly violations: readonly string[];
}

const MOST_REVS = 14;
const WORKERS = 2;
const CRASHES = 2;
const IDLE: Worker = { at: 'idle' };

const POLICY = policyOf({
  steps: [
    { kind: 'traffic', weight: 10, bake: 'PT10M', minSamples: 100 },
    { kind: 'traffic', weight: 100 },
  ],
  gates: [
    { id: 'dead', type: 'absolute', metric: 'errorRate', max: 0.5, minSamples: 20 },
    { id: 'errors', type: 'errorRatio' },
  ],
  insufficientData: { maxExtend: 1, then: 'pause' },
  rollback: { keepCanary: 'P100D' },
});

const EMPTY = weightsChange(noEvidence(1_000), T0);

const weightOf = ({ desired }: Rollout): number => desired.traffic[CANARY] ?? 0;

/** Time is a function of the rev: every wait is over by the next tick. */
const nowAt = (rev: number) => addMs(T0, rev * 100 * HOUR);

const start = (): State => ({
  documents: {
    rollout: rolloutIn('Shifting', {
      policy: POLICY,
      step: 0,
      rev: 1,
      evidence: EMPTY,
      trafficPut: { at: T0, tries: 1 },
      deadlineAt: undefined,
    }),
    endpoint: endpointIn('Shifting'),
  },
  actual: 0,
  workers: Array.from({ length: WORKERS }, () => IDLE),
  crashesLeft: CRASHES,
  aborted: false,
  passed: false,
});

const METRICS: Record<Answer, readonly [canary: DeploymentMetrics, stable: DeploymentMetrics] | undefined> = {
  pass: [
    { requests: 100, errors: 0, timeouts: 0 },
    { requests: 900, errors: 0, timeouts: 0 },
  ],
  fail: [
    { requests: 100, errors: 90, timeouts: 0 },
    { requests: 900, errors: 0, timeouts: 0 },
  ],
  insufficient: undefined,
};

const observe = ({ rollout }: Documents, actual: number, answer: Answer): Observation => {
  const [canary, stable] = METRICS[answer] ?? [];
  const from = rollout.evidence.watermark ?? T0;
  const traffic = { [STABLE.deployment]: 100 - actual, [CANARY]: actual };
  return {
    endpoint: { name: 'heart', provisioningState: 'Succeeded', traffic, mirrorTraffic: {}, scoringUri: '' },
    canary: deployment(CANARY),
    stable: rollout.phase === 'Retiring' ? undefined : deployment(STABLE.deployment),
    ...(canary === undefined || stable === undefined
      ? {}
      : {
          windows: [{ from, to: addMs(from, 60_000), deployments: { [CANARY]: canary, [STABLE.deployment]: stable } }],
        }),
  };
};

/** Forgets how much was seen: only whether it was enough matters to what comes next. */
const canonical = ({ rollout, endpoint }: Transition): Documents => {
  const enough = rollout.evidence.inStep.canary >= 100;
  const inStep = enough ? { since: T0, canary: 100, stable: 900 } : { since: T0, canary: 0, stable: 0 };
  return { rollout: { ...rollout, evidence: { ...EMPTY, inStep } }, endpoint };
};

const isOver = ({ rollout }: Documents): boolean => rollout.phase === 'Cleanup' || isTerminal(rollout.phase);

/** All that distinguishes two stored documents in this model. */
const documentsKey = ({ rollout, endpoint }: Documents): string =>
  [
    rollout.rev,
    rollout.phase,
    rollout.step,
    weightOf(rollout),
    rollout.pause.join(),
    rollout.extendCount,
    rollout.trafficPut?.tries ?? '-',
    rollout.latches.abort === undefined ? '' : 'abort',
    rollout.evidence.inStep.canary,
    (rollout.phaseAt - T0) / HOUR,
    endpoint.stable?.deployment === CANARY,
    endpoint.activeRolloutId === undefined,
  ].join(':');

const workerKey = (worker: Worker): string => {
  switch (worker.at) {
    case 'idle':
      return 'idle';
    case 'loaded':
      return `loaded ${documentsKey(worker.documents)}`;
    case 'decided':
    case 'half-done':
      return `${worker.at} ${worker.rev} ${documentsKey(worker.next)} ${worker.put ?? ''}`;
  }
};

const keyOf = (state: State): string =>
  [
    documentsKey(state.documents),
    state.actual,
    state.crashesLeft,
    state.aborted,
    state.passed,
    ...state.workers.map(workerKey).sort(),
  ].join('|');

const violationOf = (state: State): string | undefined => {
  const { rollout } = state.documents;
  if (state.actual === 100 && !state.passed) return 'full traffic without a recorded pass';
  if (isOver(state.documents) && state.actual !== weightOf(rollout)) return `${rollout.phase} with other traffic`;
  return undefined;
};

/** Every step that some worker, a person or a power cut could take next. */
const successors = (state: State, variant: ProtocolVariant): { readonly next: State; readonly wrong?: string }[] => [
  ...abortNow(state),
  ...state.workers.flatMap((worker, index) => {
    const become = (next: Worker, change: Partial<State> = {}): State => ({
      ...state,
      ...change,
      workers: state.workers.map((other, i) => (i === index ? next : other)),
    });
    const crash =
      worker.at === 'idle' || state.crashesLeft === 0 ? [] : [become(IDLE, { crashesLeft: state.crashesLeft - 1 })];
    return [...crash.map((next) => ({ next })), ...workerSteps(state, worker, variant, become)];
  }),
];

const abortNow = (state: State): { readonly next: State }[] => {
  const { rollout, endpoint } = state.documents;
  if (state.aborted || ['Retiring', 'RollingBack'].includes(rollout.phase) || isOver(state.documents)) return [];
  const abort = { actor: 'ada', reason: 'aborted', message: 'aborted by ada' };
  const latched = { ...rollout, rev: rollout.rev + 1, latches: { ...rollout.latches, abort } };
  return [{ next: { ...state, aborted: true, documents: { rollout: latched, endpoint } } }];
};

const workerSteps = (
  state: State,
  worker: Worker,
  variant: ProtocolVariant,
  become: (next: Worker, change?: Partial<State>) => State,
): { readonly next: State; readonly wrong?: string }[] => {
  const commitsFirst = variant.order === 'commit-then-effect';
  switch (worker.at) {
    case 'idle': {
      const busy = variant.lease && state.workers.some(({ at }) => at !== 'idle');
      if (busy || isOver(state.documents) || state.documents.rollout.rev >= MOST_REVS) return [];
      return [{ next: become({ at: 'loaded', documents: state.documents }) }];
    }
    case 'loaded': {
      const { documents } = worker;
      const answers: readonly Answer[] = isJudged(documents.rollout)
        ? ['pass', 'fail', 'insufficient']
        : ['insufficient'];
      return answers.map((answer) => ({ next: become(decide(documents, state.actual, answer, variant)) }));
    }
    case 'decided': {
      const half: Worker = { ...worker, at: 'half-done' };
      if (!commitsFirst) return [{ next: become(half, putOf(worker)) }];
      return [commit(state, worker, (change) => become(worker.put === undefined ? IDLE : half, change), become(IDLE))];
    }
    case 'half-done':
      if (commitsFirst) return [{ next: become(IDLE, putOf(worker)) }];
      return [commit(state, worker, (change) => become(IDLE, change), become(IDLE))];
  }
};

const putOf = ({ put }: { readonly put?: number }): Partial<State> => (put === undefined ? {} : { actual: put });

const decide = (documents: Documents, actual: number, answer: Answer, variant: ProtocolVariant): Worker => {
  const { rollout, endpoint } = documents;
  const decideBy = variant.reduce ?? reduce;
  const transition = decideBy(rollout, endpoint, observe(documents, actual, answer), nowAt(rollout.rev));
  const put = transition.effects.find((effect) => effect.type === 'put-traffic');
  return {
    at: 'decided',
    rev: rollout.rev,
    next: canonical(transition),
    ...(put?.type === 'put-traffic' ? { put: put.traffic[CANARY] ?? 0 } : {}),
  };
};

const commit = (
  state: State,
  { rev, next }: { readonly rev: number; readonly next: Documents },
  stored: (change: Partial<State>) => State,
  dropped: State,
): { readonly next: State; readonly wrong?: string } => {
  const before = state.documents.rollout;
  if (before.rev !== rev) return { next: dropped };
  const rises = weightOf(next.rollout) > weightOf(before);
  const passed = state.passed || (rises && weightOf(next.rollout) === 100);
  return {
    next: stored({ documents: next, passed }),
    ...(rises && state.aborted ? { wrong: 'the wished weight rises after an abort' } : {}),
  };
};

/** True when one undisturbed worker ends the rollout from here. */
const converges = (state: State, variant: ProtocolVariant): boolean => {
  let { documents, actual } = state;
  for (let ticks = 0; ticks < 20 && !isOver(documents); ticks += 1) {
    if (documents.rollout.pause.length > 0) return true; // A person has the word.
    const decided = decide(documents, actual, 'pass', variant);
    if (decided.at !== 'decided') return false;
    documents = decided.next;
    actual = decided.put ?? actual;
  }
  return isOver(documents) && actual === weightOf(documents.rollout);
};

/** Visits every state that two workers, two power cuts and one abort can reach within 14 revs. */
export const explore = (variant: ProtocolVariant, { stopAt = Number.POSITIVE_INFINITY } = {}): Exploration => {
  const violations: string[] = [];
  const seen = new Set<string>();
  const settled = new Set<string>();
  const stack = [start()];
  while (stack.length > 0 && violations.length < stopAt) {
    const state = stack.pop();
    if (state === undefined) break;
    const key = keyOf(state);
    if (seen.has(key)) continue;
    seen.add(key);
    const violation = violationOf(state);
    if (violation !== undefined) violations.push(violation);
    const settledKey = `${documentsKey(state.documents)}|${state.actual}`;
    if (!settled.has(settledKey)) {
      settled.add(settledKey);
      if (!converges(state, variant)) violations.push(`never ends from ${settledKey}`);
    }
    for (const { next, wrong } of successors(state, variant)) {
      if (wrong !== undefined) violations.push(wrong);
      stack.push(next);
    }
  }
  return { states: seen.size, violations };
};
