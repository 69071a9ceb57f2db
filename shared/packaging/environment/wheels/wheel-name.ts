import { normalizedName } from '../requirement.ts';

/** What a wheel's file name says. */
export interface WheelName {
  /** Normalised as in PEP 503. */
  readonly name: string;
  readonly version: string;
  /** Decides between wheels of one version that are otherwise equal; higher is newer. */
  readonly build: number;
  /** Every tag such as `cp311-cp311-manylinux_2_17_x86_64`, compressed sets written out. */
  readonly tags: readonly string[];
}

const FILE_NAME =
  /^(?<name>[A-Za-z0-9][\w.]*)-(?<version>[\w.!+]+)(?:-(?<build>\d+)[\w.]*)?-(?<python>[\w.]+)-(?<abi>[\w.]+)-(?<platform>[\w.]+)\.whl$/;

/**
 * The parts of a wheel's file name, or undefined when it is none.
 *
 * @see https://packaging.python.org/en/latest/specifications/binary-distribution-format/#file-name-convention
 */
export const parseWheelName = (fileName: string): WheelName | undefined => {
  const groups = FILE_NAME.exec(fileName)?.groups;
  if (groups === undefined) return undefined;
  const { name = '', version = '', build = '0', python, abi, platform } = groups;
  const parts = (text = ''): readonly string[] => text.split('.');
  const tags = parts(python).flatMap((py) => parts(abi).flatMap((a) => parts(platform).map((p) => `${py}-${a}-${p}`)));
  return { name: normalizedName(name), version, build: Number(build), tags };
};
