import { sideBySide } from '../../../platform/side-by-side.ts';
import type { Lock, LockedPackage } from '../lock.ts';
import { fetchWheel, findWheel } from './fetch-wheel.ts';
import { planInstall } from './plan-install.ts';
import type { PlannedWheel } from './plan-layers.ts';
import { createBlockCache, type RandomAccess } from './random-access.ts';
import { readWheel } from './read-wheel.ts';
import type { WheelCache } from './wheel-cache.ts';
import type { WheelIndex } from './wheel-index.ts';
import { WheelRefused } from './wheel-refused.ts';

const AT_ONCE = 4;

/** The wheels of a lock, read as far as their directories. */
export interface OpenWheels {
  readonly wheels: readonly PlannedWheel[];
  close(): Promise<void>;
}

/** What a lock names and no index has. */
export interface MissingWheels {
  readonly missing: readonly LockedPackage[];
}

/**
 * Fetches what is not in the cache yet, and plans what each wheel installs. The caller closes them.
 *
 * @throws WheelRefused, and what indexes and cache throw
 */
export const openWheels = async (
  { cache, indexes }: { readonly cache: WheelCache; readonly indexes: readonly WheelIndex[] },
  lock: Lock,
): Promise<OpenWheels | MissingWheels> => {
  const opened: RandomAccess[] = [];
  const close = async (): Promise<void> => void (await Promise.all(opened.map((file) => file.close())));
  const inBlocks = createBlockCache();
  const openOne = async (locked: LockedPackage): Promise<PlannedWheel | LockedPackage> => {
    const file = await cachedOrFetched(cache, indexes, locked);
    if (file === undefined) return locked;
    opened.push(file);
    return plan(locked, file, lock.python, inBlocks);
  };
  try {
    const found = await sideBySide(lock.packages, AT_ONCE, openOne);
    const wheels = found.filter((one): one is PlannedWheel => 'archive' in one);
    const missing = found.filter((one): one is LockedPackage => !('archive' in one));
    if (missing.length === 0) return { wheels, close };
    await close();
    return { missing };
  } catch (cause) {
    await close();
    throw cause;
  }
};

const cachedOrFetched = async (
  cache: WheelCache,
  indexes: readonly WheelIndex[],
  locked: LockedPackage,
): Promise<RandomAccess | undefined> => {
  for (const sha256 of locked.sha256s) {
    const kept = await cache.open(sha256);
    if (kept !== undefined) return kept;
  }
  const found = await findWheel(indexes, locked);
  return found && fetchWheel(cache, found);
};

const plan = async (
  { name, version, fileName = `${name}-${version}.whl`, sha256s: [wheelSha256 = ''] }: LockedPackage,
  file: RandomAccess,
  python: string,
  inBlocks: (file: RandomAccess) => RandomAccess,
): Promise<PlannedWheel> => {
  const wheel = await readWheel(fileName, inBlocks(file));
  if (wheel.name !== name) throw new WheelRefused(fileName, `holds '${wheel.name}' in place of '${name}'`);
  return {
    title: `${name} ${version}`,
    files: planInstall(wheel, python),
    archive: wheel.archive,
    wheelSha256,
    wheelSize: file.size,
  };
};
