import type { EpochMs } from '../../platform/time.ts';

/** How long packages that nobody needs are kept. */
export interface Retention {
  /** Of one model, the packages of so many of the latest versions are never removed. */
  readonly keepLast: number;
  /** Milliseconds since it was built. */
  readonly minAgeMs: number;
}

/** Something that needs a package: of a version, or whatever has this digest. */
export interface PackageUse {
  readonly model?: string | undefined;
  /** Finds it also when the model was renamed since. */
  readonly modelId?: string | undefined;
  readonly version?: string | undefined;
  readonly digest?: string | undefined;
  /** Who, as in `deployment v2 of endpoint heart`. */
  readonly by: string;
}

export interface StoredPackage {
  readonly model: string;
  readonly modelId: string;
  readonly version: string;
  readonly digest: string;
  readonly builtAt: EpochMs;
}

export interface Judgement<P extends StoredPackage> {
  readonly package: P;
  readonly remove: boolean;
  /** In words, for the log and the journal. */
  readonly because: string;
}

const DAY_MS = 86_400_000;

/** Which packages of one model go, and why each goes or stays. Whatever is used stays, however old it is. */
export const judgePackages = <P extends StoredPackage>(
  packages: readonly P[],
  uses: readonly PackageUse[],
  { keepLast, minAgeMs }: Retention,
  now: EpochMs,
): readonly Judgement<P>[] => {
  const latest = packages
    .map(({ version }) => Number(version))
    .sort((a, b) => b - a)
    .slice(0, keepLast);
  return packages.map((each) => {
    const use = useOf(each, uses);
    const days = Math.floor((now - each.builtAt) / DAY_MS);
    if (use !== undefined) return { package: each, remove: false, because: `${use.by} needs it` };
    if (latest.includes(Number(each.version))) {
      return { package: each, remove: false, because: `it is one of the latest ${keepLast}` };
    }
    if (now - each.builtAt < minAgeMs) return { package: each, remove: false, because: `it is ${days} days old` };
    return { package: each, remove: true, because: `nothing needs it, and it is ${days} days old` };
  });
};

/** Who needs the package, if anybody does. */
export const useOf = (
  { model, modelId, version, digest }: Omit<StoredPackage, 'builtAt'>,
  uses: readonly PackageUse[],
): PackageUse | undefined =>
  uses.find(
    (use) => use.digest === digest || (use.version === version && (use.model === model || use.modelId === modelId)),
  );
