import type { Lock, LockedPackage } from '../lock.ts';
import { normalizedName } from '../requirement.ts';

const LINE = /^(?:#\d+ [\d.]+ )?([A-Za-z0-9._-]+)(?:==(\S+)| @ (\S+)) --hash=sha256:([0-9a-f]{64})$/;

/** The lock that a build printed into its log between its two marks, or undefined when it did not. */
export const lockInLog = (log: string, python: string, platform: string): Lock | undefined => {
  const lines = log.split(/\r?\n/).map((line) => line.trimEnd());
  const from = lines.findLastIndex((line) => line.endsWith('# lock of slipway'));
  const end = lines.findIndex((line, index) => index > from && line.endsWith('# end of lock'));
  return from < 0 || end < 0 ? undefined : lockOf(lines.slice(from + 1, end), python, platform);
};

/** A requirements file in which every line is one package with one hash; undefined for any other. */
export const readPipLock = (text: string, python: string, platform: string): Lock | undefined =>
  lockOf(
    text
      .replace(/\\\r?\n\s*/g, ' ')
      .split(/\r?\n/)
      .map((line) => line.trim().replace(/\s+/g, ' '))
      .filter((line) => line !== '' && !line.startsWith('#')),
    python,
    platform,
  );

const lockOf = (lines: readonly string[], python: string, platform: string): Lock | undefined => {
  const packages = lines.map(packageOf).filter((one) => one !== undefined);
  if (packages.length === 0 || packages.length < lines.length) return undefined;
  return { python, platform, packages, text: lockText(packages) };
};

const packageOf = (line: string): LockedPackage | undefined => {
  const [, name, version, url, sha256] = LINE.exec(line) ?? [];
  if (name === undefined || sha256 === undefined) return undefined;
  const base = { name: normalizedName(name), sha256s: [sha256] };
  return url === undefined ? { ...base, version: version ?? '' } : { ...base, version: versionIn(url), url };
};

/** The version that a wheel’s URL names; empty for other archives. */
const versionIn = (url: string): string => /\/[^/]+?-([^/-]+)-[^/]*\.whl/.exec(url)?.[1] ?? '';

/** A requirements file with hashes. */
const lockText = (packages: readonly LockedPackage[]): string =>
  packages
    .map(({ name, version, url, sha256s }) => {
      const target = url === undefined ? `==${version}` : ` @ ${url}`;
      return `${name}${target} --hash=sha256:${sha256s[0]}\n`;
    })
    .join('');
