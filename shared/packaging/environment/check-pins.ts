import { eq, parse, satisfies, validRange } from '@renovatebot/pep440';
import type { BuildOutcome } from './environment-builder.ts';
import type { EnvironmentSpec } from './environment-spec.ts';
import type { IndexFile, PackageIndex } from './package-index.ts';
import { parseRequirement, pinOf } from './requirement.ts';
import { bestWheel } from './wheels/platform-tags.ts';
import { parseWheelName } from './wheels/wheel-name.ts';

type Failed = Extract<BuildOutcome, { kind: 'failed' }>;

/** Projects that are looked up at the same time. */
const AT_ONCE = 8;

/**
 * What the index itself already says against the pins of an environment, before anything is built: a project or
 * version it does not know, a yanked one, one without a wheel for this Python on 64-bit Linux. Undefined when nothing
 * does, when the environment names an index of its own, and when the index cannot be asked.
 */
export const checkPins = async (index: PackageIndex, spec: EnvironmentSpec): Promise<Failed | undefined> => {
  if (spec.options.indexUrl !== undefined || spec.options.extraIndexUrls.length > 0) return undefined;
  const pinned = spec.requirements
    .map((text) => parseRequirement(text, text))
    .flatMap((one) => {
      const version = pinOf(one);
      // A marker may leave it out here.
      return version === undefined || one.marker !== undefined ? [] : [{ name: one.name, version }];
    });
  try {
    for (let at = 0; at < pinned.length; at += AT_ONCE) {
      const found = await Promise.all(pinned.slice(at, at + AT_ONCE).map((pin) => checkPin(index, pin, spec)));
      const failed = found.find((one) => one !== undefined);
      if (failed !== undefined) return failed;
    }
  } catch {
    // The builder will say it better.
  }
  return undefined;
};

interface Pin {
  readonly name: string;
  readonly version: string;
}

const checkPin = async (index: PackageIndex, pin: Pin, spec: EnvironmentSpec): Promise<Failed | undefined> => {
  const { name, version } = pin;
  const files = await index.filesOf(name);
  if (files === undefined) {
    return failed(
      'no-matching-version',
      `The index has no package '${name}'. Correct its name in the model’s requirements.`,
    );
  }
  const released = files.filter((file) => isVersion(file.fileName, pin));
  if (released.length === 0) {
    return failed(
      'no-matching-version',
      `The index has no version ${version} of '${name}'. Pin one that it has, or name the index that has it.`,
    );
  }
  if (released.every(({ yanked }) => yanked !== undefined)) {
    const reason = released[0]?.yanked ?? '';
    const why = reason === '' ? '' : ` (${reason.slice(0, 200)})`;
    return failed('yanked', `Version ${version} of '${name}' was withdrawn from the index${why}. Pin another version.`);
  }
  const allowed = released.filter((file) => allows(file, spec.python));
  if (bestWheel(allowed, spec.python) !== undefined) return undefined;
  return failed(
    'no-wheel',
    `Version ${version} of '${name}' has no wheel for Python ${spec.python} on 64-bit Linux. Pin a version that has one, or log the model with another Python.`,
  );
};

const failed = (code: Failed['code'], message: string): Failed => ({ kind: 'failed', code, message });

const isVersion = (fileName: string, { name, version }: Pin): boolean => {
  const given = versionOf(fileName, name) ?? '';
  if (parse(given) === null) return false;
  return eq(given, version) || (!version.includes('+') && eq(given.split('+', 1)[0] ?? given, version));
};

/** The version that a wheel or source archive names, or undefined for other files. */
const versionOf = (fileName: string, name: string): string | undefined =>
  parseWheelName(fileName)?.version ??
  new RegExp(`^${name.replaceAll('-', '[-_.]+')}-(.+?)\\.(?:tar\\.(?:gz|bz2)|zip)$`, 'i').exec(fileName)?.[1];

/** Whether the file may be taken by a Python of this minor, whatever its patch level is. */
const allows = ({ requiresPython }: IndexFile, python: string): boolean =>
  requiresPython === undefined || !validRange(requiresPython) || satisfies(`${python}.99`, requiresPython);
