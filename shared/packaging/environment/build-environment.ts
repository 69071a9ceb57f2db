import { subjectOf } from '../../events/subjects.ts';
import { isSlipwayError, ON_FAILURE, toSlipwayError } from '../../platform/errors.ts';
import { derivedId } from '../../platform/ids.ts';
import { type JournalEntry, journalEntry } from '../../platform/journal.ts';
import type { Logger } from '../../platform/logging.ts';
import { addMs, type Clock, type EpochMs, toIso } from '../../platform/time.ts';
import { checkPins } from './check-pins.ts';
import type { BuilderName, BuildOutcome, EnvironmentBuilder } from './environment-builder.ts';
import {
  type BuildingEnvironment,
  buildIdOf,
  type EnvironmentDocument,
  type FailureRecord,
  isSameTurn,
  wakeUpAt,
} from './environment-document.ts';
import { lockKey } from './environment-key.ts';
import type { EnvironmentStore } from './environment-store.ts';
import { isPassing } from './failures.ts';
import { leased, whileLeased } from './keep-lease.ts';
import type { PackageIndex } from './package-index.ts';

export interface BuildEnvironmentServices {
  readonly environments: EnvironmentStore;
  readonly environmentBuilder: EnvironmentBuilder;
  /** Asked before a build whether there is a wheel for every pin; absent when the builder finds that out as fast. */
  readonly packageIndex?: PackageIndex;
  readonly clock: Clock;
  readonly log: Logger;
}

/** A build that runs longer has timed out. */
export const MAX_BUILD_MS = 60 * 60_000;

/** Builds of one request; the last one's passing failure stays. */
export const MAX_BUILDS = 4;

const RETRY_MS = 15_000;

/** Text of the log that is kept. */
const MAX_LOG = 4_000;

/**
 * Asks the builder once for an environment that was asked for, and stores what it says. Anything that is finished, or
 * that another worker is asking for right now, is left as it is; so two messages build once, and one that comes after
 * a worker has died goes on where that was.
 */
export const buildEnvironment = async (
  services: BuildEnvironmentServices,
  { key }: { readonly key: string },
): Promise<void> => {
  const { environments, clock, log } = services;
  const found = await environments.read(key);
  if (found === undefined || !isOpen(found.value, clock())) return;
  const taken = leased(take(found.value, services.environmentBuilder.name, clock()), clock);
  if (!(await environments.save(taken, { etag: found.etag }))) return;

  const { result: outcome, held } = await whileLeased(services, taken, () => ask(services, taken));

  await finishBuild(services, held, outcome);
  const why = outcome.kind === 'failed' ? { code: outcome.code, reason: outcome.message } : {};
  log.info({ environment: key, builder: taken.builder, outcome: outcome.kind, ...why }, 'environment attempted');
};

const isOpen = (document: EnvironmentDocument, now: EpochMs): boolean =>
  document.phase === 'requested' || (document.phase === 'building' && (document.leaseUntil ?? 0) <= now);

/** A job means nothing to another builder than the one that gave it: after a change of settings it begins anew. */
const take = (
  document: EnvironmentDocument,
  builder: BuilderName,
  now: EpochMs,
): Omit<BuildingEnvironment, 'wakeUp'> => {
  const taken = { phase: 'building', builder } as const;
  if (document.phase !== 'building') return { ...document, ...taken, startedAt: now };
  if (document.builder === builder) return { ...document, ...taken };
  const { job: _, ...others } = document;
  return { ...others, ...taken, startedAt: now };
};

/** What the builder says; its not answering is a failure like another. */
const ask = async (services: BuildEnvironmentServices, document: BuildingEnvironment): Promise<BuildOutcome> => {
  const { environmentBuilder: builder, packageIndex, clock } = services;
  const { key, spec, job, previous, startedAt } = document;
  if (clock() - startedAt > MAX_BUILD_MS) return timedOut;
  try {
    if (job === undefined && packageIndex !== undefined) {
      const refused = await checkPins(packageIndex, spec);
      if (refused !== undefined) return refused;
    }
    const fresh = previous !== undefined;
    return await builder.build({
      key,
      spec,
      fresh,
      buildId: buildIdOf(document),
      ...(job === undefined ? {} : { job }),
    });
  } catch (cause) {
    const error = toSlipwayError(cause);
    const passing = ON_FAILURE[error.code] === 'retry';
    services.log.warn({ environment: key, code: error.code, reason: error.message }, 'the builder could not be asked');
    // What nobody expected is not shown: it may hold anything.
    const reason = isSlipwayError(cause) ? error.message : 'an unexpected error, which the log tells of';
    return {
      kind: 'failed',
      code: passing ? 'network' : 'builder-refused',
      message: `The builder '${builder.name}' could not be asked: ${reason}.`,
    };
  }
};

const timedOut: BuildOutcome = {
  kind: 'failed',
  code: 'timeout',
  message: `The build took longer than ${MAX_BUILD_MS / 60_000} minutes. Look at the builder, then refresh the environment.`,
};

/**
 * Stores the outcome of a build that `document` was read for, with its journal entry; does nothing when somebody has
 * gone on with it meanwhile.
 *
 * @returns whether it was stored
 */
export const finishBuild = async (
  { environments, clock }: Pick<BuildEnvironmentServices, 'environments' | 'clock'>,
  document: BuildingEnvironment,
  outcome: BuildOutcome,
): Promise<boolean> => {
  const found = await environments.read(document.key);
  if (found === undefined || !isSameTurn(found.value, document)) return false;
  const next = after(document, outcome, clock());
  const entry = entryOf(next, outcome, clock());
  return environments.save(next, { etag: found.etag, ...(entry === undefined ? {} : { entry }) });
};

const after = (document: BuildingEnvironment, outcome: BuildOutcome, now: EpochMs): EnvironmentDocument => {
  const { startedAt, leaseUntil, job, wakeUp, phase, previous, ...base } = document;
  const kept = previous === undefined ? {} : { previous };
  switch (outcome.kind) {
    case 'running': {
      const at = addMs(now, outcome.lookAgainMs);
      return { ...base, ...kept, phase: 'building', startedAt, job: outcome.job, wakeUp: wakeUpAt(base.key, at) };
    }
    case 'built': {
      const { kind, ...built } = outcome;
      const key = built.lock === undefined ? {} : { lockKey: lockKey(built.lock, base.foundation) };
      return { ...base, phase: 'built', wakeUp: null, built: { ...built, ...key, builtAt: toIso(now) } };
    }
    case 'failed': {
      const failures = base.failures + 1;
      if (isPassing(outcome.code) && failures < MAX_BUILDS) {
        const at = addMs(now, RETRY_MS * 2 ** base.failures);
        return { ...base, ...kept, failures, phase: 'requested', wakeUp: wakeUpAt(base.key, at) };
      }
      const failure = failureOf(outcome);
      return previous === undefined
        ? { ...base, failures, phase: 'failed', wakeUp: null, failure }
        : { ...base, failures, phase: 'built', wakeUp: null, built: previous, refreshFailed: failure };
    }
    default:
      return outcome satisfies never;
  }
};

const failureOf = ({ code, message, log }: Extract<BuildOutcome, { kind: 'failed' }>): FailureRecord => ({
  code,
  message,
  ...(log === undefined ? {} : { log: log.slice(-MAX_LOG) }),
});

/** One entry per request and outcome: the id comes from what asked for the environment. */
const entryOf = (document: EnvironmentDocument, outcome: BuildOutcome, now: EpochMs): JournalEntry | undefined => {
  const { key, phase, causedBy, correlationId } = document;
  if (phase !== 'built' && phase !== 'failed') return undefined;
  const python = document.spec.python;
  const subject = subjectOf.environment(key);
  const cause = { causedBy, correlationId };
  if (outcome.kind === 'built') {
    const { image, sizeBytes, durationMs } = outcome;
    const data = { key, image, python: outcome.python.used, builder: document.builder, sizeBytes, durationMs };
    return journalEntry(
      derivedId('environment', key, causedBy, 'built'),
      { type: 'slipway.environment.built', subject, data },
      cause,
      now,
    );
  }
  const failure = phase === 'failed' ? document.failure : document.refreshFailed;
  if (failure === undefined) return undefined;
  const data = { key, python, builder: document.builder, code: failure.code, message: failure.message };
  return journalEntry(
    derivedId('environment', key, causedBy, 'failed'),
    { type: 'slipway.environment.failed', subject, data },
    cause,
    now,
  );
};
