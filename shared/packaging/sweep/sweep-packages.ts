import { subjectOf } from '../../events/subjects.ts';
import type { Stored } from '../../platform/documents.ts';
import { derivedId } from '../../platform/ids.ts';
import { journalEntry } from '../../platform/journal.ts';
import type { Logger } from '../../platform/logging.ts';
import { addMs, type Clock, epochMs } from '../../platform/time.ts';
import type { ImageStore } from '../image/ports.ts';
import type { BuiltPackageDocument } from '../package-document.ts';
import { judgePackages, type PackageUse, type Retention, type StoredPackage, useOf } from './retention.ts';
import type { ImageRemoval, SweepStore } from './sweep-store.ts';

/** What needs packages, outside of packaging. */
export interface PackageUses {
  /**
   * Every use there is.
   *
   * @throws SlipwayError when that cannot be said for certain; nothing is removed then
   */
  all(): Promise<readonly PackageUse[]>;
}

export interface SweepPackagesServices {
  readonly sweepStore: SweepStore;
  readonly packageUses: PackageUses;
  readonly images: ImageStore;
  /** Undefined: packages are kept for ever. */
  readonly retention: Retention | undefined;
  readonly clock: Clock;
  readonly log: Logger;
}

/** Whoever has just begun to use a package has shown by then that he does. */
const GRACE_MS = 15 * 60_000;

export interface Swept {
  /** Packages that are no more. */
  readonly packages: number;
  /** Images that were deleted in the registry. */
  readonly images: number;
}

/**
 * Removes packages that nobody needs and that the retention does not keep. First the package goes, so that whoever
 * wants it from then on has it built again; its image follows a quarter of an hour later, unless it is used or a
 * package again. Blobs are left to the registry's own clean-up.
 *
 * @throws SlipwayError when uses cannot be told or the registry cannot be reached; the next sweep goes on
 */
export const sweepPackages = async (services: SweepPackagesServices): Promise<Swept> => {
  const { retention, packageUses } = services;
  if (retention === undefined) return { packages: 0, images: 0 };
  const uses = await packageUses.all();
  const images = await removeImages(services, uses);
  const packages = await removePackages(services, uses, retention);
  return { packages, images };
};

const removeImages = async (services: SweepPackagesServices, uses: readonly PackageUse[]): Promise<number> => {
  const { sweepStore, images, clock, log } = services;
  let removed = 0;
  for await (const removal of sweepStore.removals(clock())) {
    const { model, modelId, version, repository, digest } = removal;
    const again = await sweepStore.readPackage(modelId, version);
    // While it is being built it cannot be told what it will be.
    if (again?.phase === 'requested') continue;
    const use = useOf({ model, modelId, version, digest }, uses);
    const isNeeded = use !== undefined || (again?.phase === 'built' && again.digest === digest);
    if (!isNeeded) {
      for (const referrer of await images.listReferrers(repository, digest)) {
        await images.deleteManifest(repository, referrer.digest);
      }
      await images.deleteManifest(repository, digest);
      removed += 1;
    }
    await sweepStore.forget(removal);
    log.info({ model, version, digest, removed: !isNeeded }, 'image of a package that was swept');
  }
  return removed;
};

type Candidate = StoredPackage & { readonly stored: Stored<BuiltPackageDocument & { readonly modelId: string }> };

const removePackages = async (
  services: SweepPackagesServices,
  uses: readonly PackageUse[],
  retention: Retention,
): Promise<number> => {
  const { sweepStore, clock, log, images } = services;
  const byModel = new Map<string, Candidate[]>();
  for await (const stored of sweepStore.builtPackages()) {
    const { model, modelId, version, digest, builtAt } = stored.value;
    const candidate = { model, modelId, version, digest, builtAt: epochMs(Date.parse(builtAt)), stored };
    byModel.set(modelId, [...(byModel.get(modelId) ?? []), candidate]);
  }
  let removed = 0;
  for (const packages of byModel.values()) {
    for (const { package: each, remove, because } of judgePackages(packages, uses, retention, clock())) {
      const removal = remove ? removalOf(each, images, clock) : undefined;
      if (removal === undefined) continue;
      if (!(await sweepStore.replace(each.stored, removal, entryOf(each, because, clock)))) continue;
      removed += 1;
      log.info({ model: each.model, version: each.version, because }, 'package swept');
    }
  }
  return removed;
};

/** Undefined for an image of another registry, such as one that was used before: it is not ours to delete. */
const removalOf = (
  { stored: { value }, digest }: Candidate,
  { registry }: ImageStore,
  clock: Clock,
): ImageRemoval | undefined => {
  const { image, model, modelId, version } = value;
  if (!image.startsWith(`${registry}/`) || !image.endsWith(`@${digest}`)) return undefined;
  return {
    id: `image-removal:${version}`,
    kind: 'image-removal',
    model,
    modelId,
    version,
    repository: image.slice(registry.length + 1, -digest.length - 1),
    digest,
    dueAt: addMs(clock(), GRACE_MS),
  };
};

const entryOf = ({ model, version, stored: { value } }: Candidate, because: string, clock: Clock) => {
  const { modelId, image, builtAt, causedBy, correlationId } = value;
  const id = derivedId('package', modelId, version, builtAt, 'swept');
  const event = {
    type: 'slipway.package.swept',
    subject: subjectOf.version(model, version),
    data: { model, version, image, because },
  } as const;
  return journalEntry(id, event, { causedBy, correlationId }, clock());
};
