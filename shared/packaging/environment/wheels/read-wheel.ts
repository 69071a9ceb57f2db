import { normalizedName } from '../requirement.ts';
import { type ConsoleScript, parseConsoleScripts } from './entry-points.ts';
import type { RandomAccess } from './random-access.ts';
import { memberText, readZip, type WheelArchive } from './read-zip.ts';
import { parseRecord, type RecordRow } from './record.ts';
import { parseWheelName } from './wheel-name.ts';
import { WheelRefused } from './wheel-refused.ts';

/** A wheel whose own description has been read and found whole. */
export interface Wheel {
  readonly archive: WheelArchive;
  /** Normalised as in PEP 503. */
  readonly name: string;
  readonly version: string;
  /** `<name>-<version>.dist-info`, as it is written in the wheel. */
  readonly distInfo: string;
  /** `<name>-<version>.data`; there need not be one. */
  readonly data: string;
  readonly record: ReadonlyMap<string, RecordRow>;
  readonly scripts: readonly ConsoleScript[];
  /** Texts of members below `scripts` that name no interpreter yet, by member. */
  readonly rewrites: ReadonlyMap<string, string>;
}

const MAX_SCRIPT_BYTES = 1024 * 1024;

/**
 * What a wheel says about itself.
 *
 * @throws WheelRefused when it is not what its file name says, or nothing that can be installed
 * @see https://packaging.python.org/en/latest/specifications/binary-distribution-format/
 */
export const readWheel = async (fileName: string, file: RandomAccess): Promise<Wheel> => {
  const archive = await readZip(fileName, file);
  const distInfo = distInfoOf(archive);
  const wheel = headersOf((await memberText(archive, `${distInfo}/WHEEL`)) ?? '');
  const record = await memberText(archive, `${distInfo}/RECORD`);
  if (record === undefined) throw new WheelRefused(fileName, 'has no RECORD of its files');
  if (wheel.get('wheel-version')?.split('.')[0] !== '1') {
    throw new WheelRefused(fileName, `is of format ${wheel.get('wheel-version') ?? 'unknown'}, not 1`);
  }
  const { name, version } = await identityOf(archive, distInfo);
  const { scripts, invalid } = parseConsoleScripts((await memberText(archive, `${distInfo}/entry_points.txt`)) ?? '');
  if (invalid !== undefined) throw new WheelRefused(fileName, `has an entry point that is none: '${invalid}'`);
  const data = distInfo.replace(/\.dist-info$/, '.data');
  return {
    archive,
    name,
    version,
    distInfo,
    data,
    record: parseRecord(record),
    scripts,
    rewrites: await rewritesOf(archive, `${data}/scripts/`),
  };
};

/** The text of a wheel's METADATA, without anything else being looked at. */
export const readMetadata = async (fileName: string, file: RandomAccess): Promise<string> => {
  const archive = await readZip(fileName, file);
  const metadata = await memberText(archive, `${distInfoOf(archive)}/METADATA`);
  if (metadata === undefined) throw new WheelRefused(fileName, 'has no METADATA');
  return metadata;
};

const distInfoOf = ({ fileName, members }: WheelArchive): string => {
  const folders = new Set(
    members.flatMap(({ path }) => {
      const folder = path.slice(0, Math.max(0, path.indexOf('/')));
      return folder.endsWith('.dist-info') ? [folder] : [];
    }),
  );
  const [only] = folders;
  if (folders.size !== 1 || only === undefined) {
    throw new WheelRefused(fileName, `has ${folders.size} folders that end in .dist-info, not one`);
  }
  return only;
};

const identityOf = async (
  archive: WheelArchive,
  distInfo: string,
): Promise<{ readonly name: string; readonly version: string }> => {
  const metadata = headersOf((await memberText(archive, `${distInfo}/METADATA`)) ?? '');
  const name = normalizedName(metadata.get('name') ?? '');
  const version = metadata.get('version') ?? '';
  const said = parseWheelName(archive.fileName);
  const folder = normalizedName(distInfo.replace(/-[^-]*\.dist-info$/, ''));
  if (name === '' || name !== said?.name || name !== folder) {
    throw new WheelRefused(archive.fileName, `holds the package '${name}' in '${distInfo}'`);
  }
  return { name, version };
};

/** The headers before the first empty line, by lower-case name; of those that repeat, the first. */
const headersOf = (text: string): ReadonlyMap<string, string> => {
  const headers = new Map<string, string>();
  for (const line of text.split(/\r?\n/)) {
    if (line === '') break;
    const [, name, value = ''] = /^([\w-]+):\s*(.*)$/.exec(line) ?? [];
    if (name !== undefined && !headers.has(name.toLowerCase())) headers.set(name.toLowerCase(), value.trim());
  }
  return headers;
};

const rewritesOf = async (archive: WheelArchive, folder: string): Promise<ReadonlyMap<string, string>> => {
  const rewrites = new Map<string, string>();
  for (const { path, size } of archive.members) {
    // What is larger is a program, which names no interpreter.
    if (!path.startsWith(folder) || size > MAX_SCRIPT_BYTES) continue;
    const text = await memberText(archive, path);
    if (text !== undefined && /^#!pythonw?\b/.test(text)) rewrites.set(path, text);
  }
  return rewrites;
};
