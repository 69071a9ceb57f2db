import { parseWheelName, type WheelName } from './wheel-name.ts';

/** What environments are made for. */
export const PLATFORM = 'linux-x86_64';

/**
 * The newest C library that a wheel may ask for. Ubuntu 20.04, Debian 11 and Red Hat 8 have it, and so do all newer
 * base images.
 */
const GLIBC_MINOR = 28;

/** The platform in uv's words. */
export const RESOLVER_PLATFORM = `x86_64-manylinux_2_${GLIBC_MINOR}`;

const LEGACY_NAMES: Readonly<Record<number, string>> = { 17: 'manylinux2014', 12: 'manylinux2010', 5: 'manylinux1' };

/** Tags that a Python of this minor takes on the platform, the most specific first: the order in which pip prefers. */
const platformTags = (python: string): readonly string[] => {
  const minor = Number(python.split('.')[1]);
  const platforms = linuxPlatforms();
  const older = Array.from({ length: minor }, (_, index) => minor - 1 - index);
  const cp = `cp3${minor}`;
  const generic = [`py3${minor}`, 'py3', ...older.map((other) => `py3${other}`)];
  return [
    ...platforms.map((platform) => `${cp}-${cp}-${platform}`),
    ...platforms.map((platform) => `${cp}-abi3-${platform}`),
    ...platforms.map((platform) => `${cp}-none-${platform}`),
    ...older
      .filter((other) => other >= 2)
      .flatMap((other) => platforms.map((platform) => `cp3${other}-abi3-${platform}`)),
    ...generic.flatMap((tag) => platforms.map((platform) => `${tag}-none-${platform}`)),
    `${cp}-none-any`,
    ...generic.map((tag) => `${tag}-none-any`),
  ];
};

const linuxPlatforms = (): readonly string[] => {
  const names: string[] = [];
  for (let minor = GLIBC_MINOR; minor >= 5; minor -= 1) {
    names.push(`manylinux_2_${minor}_x86_64`);
    const legacy = LEGACY_NAMES[minor];
    if (legacy !== undefined) names.push(`${legacy}_x86_64`);
  }
  return [...names, 'linux_x86_64'];
};

/** The file that suits a Python of this minor best, or undefined when none does. Equal input gives an equal choice. */
export const bestWheel = <File extends { readonly fileName: string }>(
  files: readonly File[],
  python: string,
): File | undefined => {
  const ranks = new Map(platformTags(python).map((tag, rank) => [tag, rank] as const));
  const rankOf = ({ tags }: WheelName): number => Math.min(...tags.map((tag) => ranks.get(tag) ?? Infinity));
  return files
    .flatMap((file) => {
      const name = parseWheelName(file.fileName);
      return name === undefined ? [] : [{ file, rank: rankOf(name), build: name.build }];
    })
    .filter(({ rank }) => rank !== Infinity)
    .sort((a, b) => a.rank - b.rank || b.build - a.build || (a.file.fileName < b.file.fileName ? -1 : 1))[0]?.file;
};
