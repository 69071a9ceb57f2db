import { createHash } from 'node:crypto';
import type { Readable } from 'node:stream';
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

/** One member of an archive; a directory's path ends in `/` and its size is 0. */
export interface TarEntry extends TarFile {
  readonly isDirectory: boolean;
}

/**
 * The members for these files, with all their parent directories, in the one order that the format allows.
 *
 * @throws SlipwayError INVALID_PARAMETER_VALUE for a path that may not be in a layer, twice the same, or both file and
 * directory
 */
export const planTar = (files: readonly TarFile[]): readonly TarEntry[] => {
  const entries = new Map<string, TarEntry>();
  for (const file of files) {
    const problem = pathProblem(file.path) ?? (entries.has(file.path) ? 'is there twice' : undefined);
    if (problem) throw new SlipwayError('INVALID_PARAMETER_VALUE', `the path '${file.path}' ${problem}`);
    entries.set(file.path, { ...file, isDirectory: false });
    for (let at = file.path.lastIndexOf('/'); at > 0; at = file.path.lastIndexOf('/', at - 1)) {
      const path = file.path.slice(0, at + 1);
      entries.set(path, { path, size: 0, executable: true, isDirectory: true });
    }
  }
  const both = files.find(({ path }) => entries.has(`${path}/`));
  if (both) throw new SlipwayError('INVALID_PARAMETER_VALUE', `the path '${both.path}' is both a file and a directory`);
  return [...entries.values()].sort((a, b) => compareBytes(a.path, b.path));
};

/** Bytes of the archive, known before any file is read. */
export const tarSize = (entries: readonly TarEntry[]): number =>
  entries.reduce((sum, entry) => sum + header(entry).length + entry.size + padding(entry.size), END.length);

export interface TarSource {
  /** The content of one file, by its path in the archive. */
  readonly open: (path: string) => Promise<Readable>;
  /** Called after each file, with the sha256 of its content in hex. */
  readonly onFile?: (path: string, sha256: string) => void;
}

/**
 * The archive, piece by piece.
 *
 * @throws SlipwayError INVALID_STATE when a file is shorter or longer than planned
 */
export async function* tarBytes(entries: readonly TarEntry[], source: TarSource): AsyncGenerator<Buffer> {
  for (const entry of entries) {
    yield header(entry);
    if (!entry.isDirectory) yield* content(entry, source);
    const pad = padding(entry.size);
    if (pad > 0) yield ZERO_BLOCK.subarray(0, pad);
  }
  yield END;
}

async function* content({ path, size }: TarEntry, { open, onFile }: TarSource): AsyncGenerator<Buffer> {
  const hash = onFile && createHash('sha256');
  let seen = 0;
  for await (const chunk of await open(path)) {
    const bytes = chunk as Buffer;
    seen += bytes.length;
    if (seen > size) break;
    hash?.update(bytes);
    yield bytes;
  }
  if (seen !== size) {
    throw new SlipwayError('INVALID_STATE', `the file '${path}' changed while it was read`, {
      details: { size, seen },
    });
  }
  if (hash) onFile?.(path, hash.digest('hex'));
}

const padding = (size: number): number => (BLOCK_BYTES - (size % BLOCK_BYTES)) % BLOCK_BYTES;

const header = (entry: TarEntry): Buffer => {
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
  const checksum = bytes.reduce((sum, byte) => sum + byte, 0);
  bytes.write(`${octal(checksum, 6)}\u0000 `, 148, 'ascii');
  return bytes;
};

const octal = (value: number, digits: number): string => value.toString(8).padStart(digits, '0');
