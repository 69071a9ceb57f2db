import { toSlipwayError } from '../platform/errors.ts';
import { durationMs, epochMs } from '../platform/time.ts';
import { nextWindow, type WindowMetrics } from './evidence.ts';
import type { Observation } from './observation.ts';
import type { Rollout } from './rollout.ts';
import { isJudged } from './rules/danger.ts';
import { runSmoke } from './run-smoke.ts';
import type { RolloutServices } from './services.ts';

const DAY_MS = 86_400_000;
/** Windows end where weights change, so one tick may have several to read. */
const MOST_WINDOWS = 4;

/**
 * What a tick sees: traffic and deployments as the platform reports them, and what the phase asks for beside.
 *
 * @throws SlipwayError when the platform cannot be asked: then nothing may be decided
 */
export const observe = async (services: RolloutServices, rollout: Rollout): Promise<Observation> => {
  const { endpoints } = services;
  const stableName = rollout.from?.deployment;
  const [endpoint, canary, stable] = await Promise.all([
    endpoints.getEndpoint(rollout.endpoint),
    endpoints.getDeployment(rollout.endpoint, rollout.to.deployment),
    stableName === undefined ? undefined : endpoints.getDeployment(rollout.endpoint, stableName),
  ]);
  return {
    endpoint,
    canary,
    stable,
    ...(await observeChampion(services, rollout)),
    ...(await observePhase(services, rollout)),
  };
};

const observePhase = async (services: RolloutServices, rollout: Rollout): Promise<Partial<Observation>> => {
  switch (rollout.phase) {
    case 'Provisioning': {
      if (rollout.image !== undefined) return {};
      const packageState = await services.packages.state(rollout.model, rollout.version);
      return packageState === undefined ? {} : { packageState };
    }
    case 'Smoke':
      return { smokeAnswers: await runSmoke(services, rollout), ...(await observeBaseline(services, rollout)) };
    case 'Shifting':
    case 'Baking':
    case 'AwaitingApproval':
    case 'Holding':
      return isJudged(rollout) ? observeMetrics(services, rollout) : {};
    case 'Queued':
    case 'Retiring':
    case 'RollingBack':
    case 'Cleanup':
    case 'Succeeded':
    case 'RolledBack':
    case 'Superseded':
    case 'Cancelled':
    case 'Failed':
      return {};
  }
};

/** The alias follows the traffic, but never holds it up: a failure is told in the log and tried again. */
const observeChampion = async (
  { champion, log }: RolloutServices,
  rollout: Rollout,
): Promise<Pick<Observation, 'championSet'>> => {
  const due = rollout.championDue;
  if (due === undefined) return {};
  try {
    await champion.setChampion(due.model, due.version, rollout.cause.causedBy);
    return { championSet: true };
  } catch (cause) {
    const { code, message } = toSlipwayError(cause);
    log.warn({ rollout: rollout.id, code, reason: message }, 'champion could not be set');
    return { championSet: false };
  }
};

/** How stable did over the last day. Only used to know how many requests are enough, so its absence is no error. */
const observeBaseline = async (
  { metrics, clock, log }: RolloutServices,
  { endpoint, from, evidence, id }: Rollout,
): Promise<Pick<Observation, 'baseline'>> => {
  if (from === undefined || evidence.baseline !== undefined) return {};
  const unit = evidence.granularityMs;
  const to = epochMs(Math.floor(clock() / unit) * unit);
  try {
    const day = await metrics.read(endpoint, epochMs(to - Math.floor(DAY_MS / unit) * unit), to);
    const { requests = 0, errors = 0 } = day[from.deployment] ?? {};
    return { baseline: { requests, errors } };
  } catch (cause) {
    log.info({ rollout: id, reason: toSlipwayError(cause).message }, 'baseline could not be read');
    return {};
  }
};

const observeMetrics = async (
  { metrics, clock }: RolloutServices,
  rollout: Rollout,
): Promise<Pick<Observation, 'windows' | 'metricsError'>> => {
  const { analysis } = rollout.policy;
  const now = clock();
  const bakeIsOver = rollout.bakeUntil !== undefined && now >= rollout.bakeUntil;
  const delayMs = durationMs(analysis.ingestionDelay);
  const minMs = bakeIsOver ? 0 : durationMs(analysis.interval);
  const windows: WindowMetrics[] = [];
  let { evidence } = rollout;
  try {
    for (let window = nextWindow(evidence, now, { delayMs, minMs }); window !== undefined; ) {
      const deployments = await metrics.read(rollout.endpoint, window.from, window.to);
      windows.push({ ...window, deployments });
      if (windows.length === MOST_WINDOWS) break;
      evidence = { ...evidence, watermark: window.to };
      window = nextWindow(evidence, now, { delayMs, minMs });
    }
  } catch (cause) {
    const metricsError = toSlipwayError(cause).message;
    return windows.length === 0 ? { metricsError } : { windows, metricsError };
  }
  return windows.length === 0 ? {} : { windows };
};
