import { toSlipwayError } from '../../platform/errors.ts';
import type { Logger } from '../../platform/logging.ts';
import { addMs, type Clock } from '../../platform/time.ts';
import { type BuildingEnvironment, isSameTurn, wakeUpAt } from './environment-document.ts';
import type { EnvironmentStore } from './environment-store.ts';

/** After it a worker that has not renewed its lease is taken for dead, and another goes on. */
export const LEASE_MS = 90_000;

/** Twice may fail. */
export const RENEW_MS = 30_000;

export interface LeaseServices {
  readonly environments: EnvironmentStore;
  readonly clock: Clock;
  readonly log: Logger;
}

/** The document with a lease from now on, and whom to wake when it ends. */
export const leased = <Document extends Omit<BuildingEnvironment, 'wakeUp'>>(document: Document, clock: Clock) => {
  const leaseUntil = addMs(clock(), LEASE_MS);
  return { ...document, leaseUntil, wakeUp: wakeUpAt(document.key, leaseUntil) };
};

/**
 * Does the work, and renews the lease of the build for as long as it takes: a build may take many minutes, but that its
 * worker has died is noticed soon.
 *
 * @returns what the work gave, and the document as it was last renewed
 */
export const whileLeased = async <Result>(
  { environments, clock, log }: LeaseServices,
  taken: BuildingEnvironment,
  work: () => Promise<Result>,
): Promise<{ readonly result: Result; readonly held: BuildingEnvironment }> => {
  let held = taken;
  const renew = async (): Promise<void> => {
    const found = await environments.read(held.key);
    if (found === undefined || !isSameTurn(found.value, held)) return;
    const next = leased(held, clock);
    if (await environments.save(next, { etag: found.etag })) held = next;
  };
  let renewing = Promise.resolve();
  const timer = setInterval(() => {
    renewing = renewing.then(renew).catch((cause: unknown) => {
      log.warn(
        { environment: held.key, reason: toSlipwayError(cause).message },
        'the lease of a build could not be renewed',
      );
    });
  }, RENEW_MS);
  try {
    const result = await work();
    clearInterval(timer);
    await renewing;
    return { result, held };
  } finally {
    clearInterval(timer);
  }
};
