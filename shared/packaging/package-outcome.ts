import { subjectOf } from '../events/subjects.ts';
import { derivedId } from '../platform/ids.ts';
import { type JournalEntry, journalEntry } from '../platform/journal.ts';
import { addMs, type EpochMs, toIso } from '../platform/time.ts';
import type { BuiltPackage } from './build-package.ts';
import type { Conversion } from './conversion/conversion.ts';
import type {
  BuiltPackageDocument,
  PackageContents,
  PackageDocument,
  PackageEnvironment,
  PackageServer,
  RefusedPackage,
  RequestedPackage,
} from './package-document.ts';

/** Nothing can be done about it but by whoever logged the model. */
export interface Refused {
  readonly kind: 'refused';
  readonly refusal: { readonly code: string; readonly message: string };
}

/** How one attempt to build a package ended. */
export type Attempt =
  | {
      readonly kind: 'built';
      readonly built: BuiltPackage;
      readonly server: PackageServer;
      readonly environment?: PackageEnvironment;
      readonly conversion?: Conversion;
      readonly servingInput?: string;
      readonly warnings: readonly string[];
      readonly modelMs: number;
    }
  /** For the environment with this key. */
  | { readonly kind: 'waits'; readonly key: string }
  /** For its own conversion. */
  | { readonly kind: 'converts'; readonly lookAgainMs: number }
  | Refused;

interface Ended {
  readonly modelId: string;
  readonly result: Attempt;
  readonly now: EpochMs;
}

const FIRST_LOOK_MS = 1_000;
const MOST_PATIENT_MS = 30_000;

/** What the request becomes. */
export const afterAttempt = (request: RequestedPackage, { modelId, result, now }: Ended): PackageDocument => {
  const { waitingFor, wakeUp: _, ...asked } = request;
  const base = { ...asked, modelId };
  switch (result.kind) {
    case 'waits': {
      const since =
        waitingFor?.environment === result.key ? waitingFor : { environment: result.key, since: toIso(now) };
      const { model, version } = request;
      const at = addMs(now, patience(now - Date.parse(since.since)));
      return {
        ...base,
        waitingFor: since,
        wakeUp: { queue: 'build-package', at, message: { model, version, modelId } },
      };
    }
    case 'converts': {
      const { model, version } = request;
      const at = addMs(now, result.lookAgainMs);
      return { ...base, wakeUp: { queue: 'build-package', at, message: { model, version, modelId } } };
    }
    case 'refused':
      return { ...base, phase: 'refused', wakeUp: null, ...refusalOf(result), refusedAt: toIso(now) };
    case 'built':
      return builtOf({ ...request, modelId }, result, now);
    default:
      return result satisfies never;
  }
};

/** The longer it has taken, the longer it may take: a tenth of that. */
const patience = (waitedMs: number): number => Math.min(MOST_PATIENT_MS, Math.max(FIRST_LOOK_MS, waitedMs / 10));

const refusalOf = ({ refusal: { code, message } }: Refused) => ({ code, message });

const builtOf = (
  { waitingFor, wakeUp: _, ...base }: RequestedPackage,
  { built, server, environment, conversion, servingInput, warnings, modelMs }: Extract<Attempt, { kind: 'built' }>,
  now: EpochMs,
): BuiltPackageDocument => {
  const { image, digest, sizeBytes, modelDigest, layers, sentBytes, sbom, provenance, signature } = built;
  const imageMs = Object.values(built.durationsMs).reduce((sum, ms) => sum + ms, 0);
  // The wait ended when this attempt began.
  const waitedMs = waitingFor === undefined ? 0 : now - modelMs - imageMs - Date.parse(waitingFor.since);
  const durationsMs = { model: modelMs, environment: Math.max(0, waitedMs), ...built.durationsMs };
  const contents: PackageContents = {
    ...{ server, modelDigest, sentBytes, sbom, provenance, durationsMs, warnings },
    layers: layers.map(({ title, digest: layer, size, arrival }) => ({
      ...{ title, digest: layer, sizeBytes: size, arrival },
    })),
    ...(environment === undefined ? {} : { environment }),
    ...(conversion === undefined ? {} : { conversion }),
    ...(signature === undefined ? {} : { signature }),
  };
  return {
    ...base,
    ...{ phase: 'built', wakeUp: null, image, digest, sizeBytes, contents },
    durationMs: durationsMs.model + durationsMs.environment + imageMs,
    builtAt: toIso(now),
    ...(servingInput === undefined ? {} : { servingInput }),
  };
};

/** One entry per request and outcome, because the id comes from what asked for the package; none while it waits. */
export const entryOf = (modelId: string, document: PackageDocument, now: EpochMs): JournalEntry | undefined => {
  if (document.phase === 'requested') return undefined;
  const { model, version, causedBy, correlationId, phase } = document;
  const id = derivedId('package', modelId, version, causedBy, phase);
  const subject = subjectOf.version(model, version);
  const event =
    document.phase === 'built'
      ? { type: 'slipway.package.built', subject, data: { model, version, ...builtData(document) } }
      : { type: 'slipway.package.refused', subject, data: { model, version, ...refusedData(document) } };
  return journalEntry<string, unknown>(id, event, { causedBy, correlationId }, now);
};

const builtData = ({ image, sizeBytes, durationMs, contents }: BuiltPackageDocument) => ({
  ...{ image, sizeBytes, durationMs },
  ...(contents === undefined ? {} : { server: contents.server }),
  ...(contents?.environment === undefined ? {} : { environment: contents.environment.key }),
});

const refusedData = ({ code, message }: RefusedPackage) => ({ code, message });
