import { SlipwayError } from '../../platform/errors.ts';
import type { Cause } from '../../platform/journal.ts';
import { type Clock, toIso } from '../../platform/time.ts';
import { AGAIN, untilCommitted } from '../../platform/until-committed.ts';
import type { EnvironmentBuilder } from './environment-builder.ts';
import { type BuiltRecord, ENVIRONMENT_ID, type EnvironmentDocument } from './environment-document.ts';
import { environmentKey } from './environment-key.ts';
import type { EnvironmentSpec } from './environment-spec.ts';
import type { EnvironmentStore } from './environment-store.ts';
import { type EnvironmentFailure, isPassing } from './failures.ts';

export interface EnsureEnvironmentServices {
  readonly environments: EnvironmentStore;
  readonly environmentBuilder: EnvironmentBuilder;
  readonly clock: Clock;
}

/** How far an environment is, for those who wait for it. */
export type EnvironmentState =
  | ({ readonly phase: 'built'; readonly key: string } & Pick<
      BuiltRecord,
      'image' | 'repository' | 'digest' | 'python' | 'lock'
    >)
  | { readonly phase: 'building'; readonly key: string }
  | {
      readonly phase: 'failed';
      readonly key: string;
      readonly code: EnvironmentFailure;
      readonly message: string;
    };

/**
 * How far the environment is, after asking for it when nobody has. Whoever asks for an equal one gets the same: it is
 * built once. What failed stays failed until it is refreshed; only a failure that may pass is tried again, when the
 * cause is another.
 *
 * @throws SlipwayError TEMPORARILY_UNAVAILABLE to be tried again
 */
export const ensureEnvironment = async (
  services: EnsureEnvironmentServices,
  spec: EnvironmentSpec,
  cause: Cause,
): Promise<EnvironmentState> => {
  const { environments, environmentBuilder: builder, clock } = services;
  const foundation = await builder.baseFor(spec.python);
  const key = environmentKey({ ...foundation, spec });
  return untilCommitted(async () => {
    const found = await environments.read(key);
    if (found !== undefined && !mayTryAgain(found.value, cause)) return stateOf(found.value);
    const next = requested({ key, spec, foundation, builder: builder.name }, cause, clock);
    const saved = await environments.save(next, found === undefined ? {} : { etag: found.etag });
    return saved ? stateOf(next) : AGAIN;
  });
};

const mayTryAgain = (document: EnvironmentDocument, cause: Cause): boolean =>
  document.phase === 'failed' && isPassing(document.failure.code) && document.causedBy !== cause.causedBy;

type Wish = Pick<EnvironmentDocument, 'key' | 'spec' | 'foundation' | 'builder' | 'previous'>;

const requested = (wish: Wish, { causedBy, correlationId }: Cause, clock: Clock): EnvironmentDocument => {
  const now = clock();
  return {
    ...wish,
    id: ENVIRONMENT_ID,
    kind: 'environment',
    phase: 'requested',
    requestedAt: toIso(now),
    causedBy,
    correlationId,
    failures: 0,
    wakeUp: { queue: 'build-environment', at: now, message: { key: wish.key } },
  };
};

const stateOf = (document: EnvironmentDocument): EnvironmentState => {
  const { key, phase } = document;
  const built = phase === 'built' ? document.built : document.previous;
  if (built !== undefined) {
    const { image, repository, digest, python, lock } = built;
    return { phase: 'built', key, image, repository, digest, python, ...(lock === undefined ? {} : { lock }) };
  }
  if (phase !== 'failed') return { phase: 'building', key };
  const { code, message } = document.failure;
  return { phase: 'failed', key, code, message };
};

/**
 * Has an environment resolved and built anew, and returns it as it is then. The image of before serves until there is
 * another. One that is being built is left alone.
 *
 * @throws SlipwayError RESOURCE_DOES_NOT_EXIST; TEMPORARILY_UNAVAILABLE to be tried again
 */
export const refreshEnvironment = async (
  { environments, environmentBuilder, clock }: EnsureEnvironmentServices,
  key: string,
  cause: Cause,
): Promise<EnvironmentDocument> =>
  untilCommitted(async () => {
    const found = await environments.read(key);
    if (found === undefined) throw new SlipwayError('RESOURCE_DOES_NOT_EXIST', `there is no environment '${key}'`);
    const { value, etag } = found;
    if (value.phase === 'requested' || value.phase === 'building' || value.causedBy === cause.causedBy) return value;
    const { spec, foundation } = value;
    const previous = value.phase === 'built' ? value.built : undefined;
    const next = requested(
      { key, spec, foundation, builder: environmentBuilder.name, ...(previous === undefined ? {} : { previous }) },
      cause,
      clock,
    );
    return (await environments.save(next, { etag })) ? next : AGAIN;
  });
