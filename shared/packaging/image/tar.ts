import { SlipwayError } from '../../platform/errors.ts';
import { compareBytes, pathProblem } from '../files/file-path.ts';

/** Names the byte format below; it is part of every layer key, so it changes whenever a byte would. */
export const TAR_FORMAT = 'tar1';

/** 1980-01-01T00:00:00Z in seconds: zip-based tools refuse earlier dates, and the run's own time would defeat reuse. */
const MTIME_SECONDS = 315_532_800;

const BLOCK_BYTES = 512;
const NAME_BYTES = 100;
const MAX_USTAR_SIZE = 8 * 1024 ** 3 - 1;
const ZERO_BLOCK = Buffer.alloc(BLOCK_BYTES);
const END = Buffer.alloc(2 * BLOCK_BYTES);

export interface TarFile {
  readonly path: string;
  readonly size: number;
  readonly executable: boolean;
}

/** One member of an archive and where it is in it; a directory's path ends in `/` and its size is 0. */
export interface TarMember extends TarFile {
  readonly isDirectory: boolean;
  /** Offset of its header in the archive. */
  readonly start: number;
  readonly contentStart: number;
}

/** An archive that can be read from any offset: every byte's place is known before a file is opened. */
export interface TarPlan {
  readonly members: readonly TarMember[];
  /** Bytes of the whole archive. */
  readonly size: number;
}

/**
 * The archive of these files, with all their parent directories, in the one order that the format allows.
 *
 * @throws SlipwayError INVALID_PARAMETER_VALUE for a path that may not be in a layer, twice the same, or both file and
 * directory
 */
export const planTar = (files: readonly TarFile[]): TarPlan => {
  const members: TarMember[] = [];
  let start = 0;
  for (const entry of entriesOf(files)) {
    const contentStart = start + tarHeader(entry).length;
    members.push({ ...entry, start, contentStart });
    start = contentStart + entry.size + padding(entry.size);
  }
  return { members, size: start + END.length };
};

type TarEntry = TarFile & { readonly isDirectory: boolean };

const entriesOf = (files: readonly TarFile[]): readonly TarEntry[] => {
  const entries = new Map<string, TarEntry>();
  for (const { path, size, executable } of files) {
    const problem = pathProblem(path) ?? (entries.has(path) ? 'is there twice' : undefined);
    if (problem) throw new SlipwayError('INVALID_PARAMETER_VALUE', `the path '${path}' ${problem}`);
    entries.set(path, { path, size, executable, isDirectory: false });
    for (let at = path.lastIndexOf('/'); at > 0; at = path.lastIndexOf('/', at - 1)) {
      const parent = path.slice(0, at + 1);
      entries.set(parent, { path: parent, size: 0, executable: true, isDirectory: true });
    }
  }
  const both = files.find(({ path }) => entries.has(`${path}/`));
  if (both) throw new SlipwayError('INVALID_PARAMETER_VALUE', `the path '${both.path}' is both a file and a directory`);
  return [...entries.values()].sort((a, b) => compareBytes(a.path, b.path));
};

/**
 * Opens a file of the archive, by its path there, from a byte of it on. A stream will do; for thousands of small files
 * that are in memory anyway a list costs far less.
 */
export type OpenFile = (path: string, offset: number) => Promise<AsyncIterable<Buffer> | Iterable<Buffer>>;

/**
 * The archive from an offset on, piece by piece. Files before the offset are not opened.
 *
 * @throws SlipwayError INVALID_STATE when a file is shorter or longer than planned
 */
export async function* tarBytes({ members, size }: TarPlan, open: OpenFile, from = 0): AsyncGenerator<Buffer> {
  for (const member of members) {
    const { start, contentStart } = member;
    const contentEnd = contentStart + member.size;
    const end = contentEnd + padding(member.size);
    if (end <= from) continue;
    if (from < contentStart) yield tarHeader(member).subarray(Math.max(0, from - start));
    if (!member.isDirectory && from <= contentStart) yield* content(member, open, 0);
    else if (from > contentStart && from < contentEnd) yield* content(member, open, from - contentStart);
    const padStart = Math.max(from, contentEnd);
    if (padStart < end) yield ZERO_BLOCK.subarray(0, end - padStart);
  }
  const endStart = size - END.length;
  if (from < size) yield END.subarray(Math.max(0, from - endStart));
}

async function* content({ path, size }: TarMember, open: OpenFile, offset: number): AsyncGenerator<Buffer> {
  let seen = offset;
  for await (const bytes of await open(path, offset)) {
    seen += bytes.length;
    if (seen > size) break;
    yield bytes;
  }
  if (seen === size) return;
  throw new SlipwayError('INVALID_STATE', `the file '${path}' changed while it was read`, { details: { size, seen } });
}

const padding = (size: number): number => (BLOCK_BYTES - (size % BLOCK_BYTES)) % BLOCK_BYTES;

const tarHeader = (entry: TarEntry): Buffer => {
  const records: string[] = [];
  const isShortAscii = entry.path.length <= NAME_BYTES && /^[\x20-\x7e]*$/.test(entry.path);
  if (!isShortAscii) records.push(paxRecord('path', entry.path));
  if (entry.size > MAX_USTAR_SIZE) records.push(paxRecord('size', String(entry.size)));
  const size = entry.size > MAX_USTAR_SIZE ? 0 : entry.size;
  const main = block({
    name: isShortAscii ? entry.path : 'PaxName',
    size,
    mode: entry.executable ? 0o755 : 0o644,
    type: entry.isDirectory ? '5' : '0',
  });
  if (records.length === 0) return main;
  const pax = Buffer.from(records.join(''));
  const paxHeader = block({ name: 'PaxHeader', size: pax.length, mode: 0o644, type: 'x' });
  return Buffer.concat([paxHeader, pax, ZERO_BLOCK.subarray(0, padding(pax.length)), main]);
};

/** `<length> <key>=<value>\n`, where the length counts its own digits too. */
const paxRecord = (key: string, value: string): string => {
  const rest = Buffer.byteLength(` ${key}=${value}\n`);
  let length = rest + String(rest).length;
  length = rest + String(length).length;
  return `${length} ${key}=${value}\n`;
};

interface HeaderBlock {
  readonly name: string;
  readonly size: number;
  readonly mode: number;
  readonly type: '0' | '5' | 'x';
}

/** @see https://pubs.opengroup.org/onlinepubs/9699919799/utilities/pax.html for the ustar header */
const block = ({ name, size, mode, type }: HeaderBlock): Buffer => {
  const bytes = Buffer.alloc(BLOCK_BYTES);
  bytes.write(name, 0, 'ascii');
  bytes.write(octal(mode, 7), 100, 'ascii');
  bytes.write(octal(0, 7), 108, 'ascii');
  bytes.write(octal(0, 7), 116, 'ascii');
  bytes.write(octal(size, 11), 124, 'ascii');
  bytes.write(octal(MTIME_SECONDS, 11), 136, 'ascii');
  bytes.write('        ', 148, 'ascii');
  bytes.write(type, 156, 'ascii');
  bytes.write('ustar\u000000', 257, 'ascii');
  bytes.write(octal(0, 7), 329, 'ascii');
  bytes.write(octal(0, 7), 337, 'ascii');
  let checksum = 0;
  for (const byte of bytes) checksum += byte;
  bytes.write(`${octal(checksum, 6)}\u0000 `, 148, 'ascii');
  return bytes;
};

const octal = (value: number, digits: number): string => value.toString(8).padStart(digits, '0');
