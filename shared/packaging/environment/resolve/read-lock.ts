import { eq, parse } from '@renovatebot/pep440';
import type { Lock, LockedPackage } from '../lock.ts';
import { bestWheel, PLATFORM } from '../wheels/platform-tags.ts';
import type { WheelIndex } from '../wheels/wheel-index.ts';
import { parseWheelName } from '../wheels/wheel-name.ts';
import type { BuildFailure } from './classify.ts';

/** What the resolver chose, as it writes it: `name==version` per line. */
export const pinsOf = (text: string): readonly { readonly name: string; readonly version: string }[] =>
  text.split('\n').flatMap((line) => {
    const [, name, version] = /^([a-z0-9-]+)(?:\[[^\]]*\])?==([^\s;\\]+)/.exec(line) ?? [];
    return name === undefined || version === undefined ? [] : [{ name, version }];
  });

/** The lock of these pins: for each the one wheel that suits best, of the first index that has one. */
export const lockOf = async (
  pins: readonly { readonly name: string; readonly version: string }[],
  indexes: readonly WheelIndex[],
  python: string,
): Promise<Lock | BuildFailure> => {
  const packages: LockedPackage[] = [];
  for (const pin of pins.toSorted((a, b) => (a.name < b.name ? -1 : 1))) {
    const locked = await wheelFor(pin, indexes, python);
    if (locked === undefined) {
      const message = `${pin.name} ${pin.version} has no wheel for Python ${python} on ${PLATFORM}`;
      return { kind: 'failed', code: 'no-wheel', message };
    }
    packages.push(locked);
  }
  const lines = packages.map(
    ({ name, version, sha256s: [hash = ''] }) => `${name}==${version} --hash=sha256:${hash}\n`,
  );
  return { python, platform: PLATFORM, packages, text: lines.join('') };
};

const wheelFor = async (
  { name, version }: { readonly name: string; readonly version: string },
  indexes: readonly WheelIndex[],
  python: string,
): Promise<LockedPackage | undefined> => {
  for (const index of indexes) {
    const files = ((await index.filesOf(name)) ?? []).filter(({ fileName }) => isVersion(fileName, version));
    const kept = files.filter(({ yanked }) => yanked === undefined);
    const file = bestWheel(kept, python) ?? bestWheel(files, python);
    if (file?.sha256 === undefined) continue;
    const { fileName, url, sha256, size } = file;
    return { name, version, fileName, url, sha256s: [sha256], ...(size === undefined ? {} : { size }) };
  }
  return undefined;
};

const isVersion = (fileName: string, version: string): boolean => {
  const given = parseWheelName(fileName)?.version ?? '';
  // Indexes keep files from before versions had rules.
  return parse(given) !== null && eq(given, version);
};
