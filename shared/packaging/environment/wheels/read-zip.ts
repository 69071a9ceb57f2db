import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { crc32, createInflateRaw, inflateRawSync } from 'node:zlib';
import { type Entry, fromRandomAccessReaderPromise, RandomAccessReader, type ZipFile } from 'yauzl';
import { pathProblem } from '../../files/file-path.ts';
import type { RandomAccess } from './random-access.ts';
import { WheelRefused } from './wheel-refused.ts';

/** One file in a wheel. */
export interface WheelMember {
  readonly path: string;
  /** Bytes, unpacked. */
  readonly size: number;
  readonly executable: boolean;
  /** CRC-32 of the content, as the archive says. */
  readonly crc32: number;
}

/** The files of a wheel, none of which is read before it is asked for. */
export interface WheelArchive {
  readonly fileName: string;
  readonly members: readonly WheelMember[];
  /** The content of a member, checked against the archive's own checksum. */
  open(path: string): Promise<AsyncIterable<Buffer> | Iterable<Buffer>>;
}

/** What a wheel may hold. The largest that are published have some 30 000 files and 6 GiB. */
const MAX_MEMBERS = 100_000;
const MAX_BYTES = 12 * 1024 ** 3;

/** How often its own size a wheel may unpack to. Deflate reaches 1000, real packages 20. */
const MAX_RATIO = 100;
const FREE_BYTES = 64 * 1024 * 1024;

/** Members that are unpacked at once; larger ones stream. */
const SMALL_BYTES = 1024 * 1024;

const CHUNK_BYTES = 128 * 1024;

/** What packing may add to a content that does not shrink, beside a hundredth. */
const SLACK_BYTES = 64 * 1024;

const LOCAL_HEADER_BYTES = 30;
const DEFLATED = 8;
const FILE_TYPE = 0o170000;
const REGULAR = 0o100000;

/**
 * The files of a wheel, zip64 included. What could do harm is refused here: paths that leave their folder, links, names
 * that a layer reads as a deletion, encrypted members, and more content than a package has.
 *
 * @throws WheelRefused
 */
export const readZip = async (fileName: string, source: RandomAccess): Promise<WheelArchive> => {
  const file = withinBounds(fileName, source);
  const zip = await openZip(fileName, file);
  const entries = new Map<string, Entry>();
  let total = 0;
  try {
    if (zip.entryCount > MAX_MEMBERS) throw new WheelRefused(fileName, `holds more than ${MAX_MEMBERS} files`);
    for await (const entry of zip.eachEntry()) {
      if (entry.fileName.endsWith('/')) continue;
      const problem = problemOf(entry) ?? (entries.has(entry.fileName) ? 'is there twice' : undefined);
      if (problem) throw new WheelRefused(fileName, `has the member '${entry.fileName}', which ${problem}`);
      total += entry.uncompressedSize;
      entries.set(entry.fileName, entry);
    }
  } catch (cause) {
    throw refusedBy(fileName, cause);
  }
  if (total > MAX_BYTES || total > file.size * MAX_RATIO + FREE_BYTES) {
    throw new WheelRefused(fileName, `says it unpacks to ${total} bytes, which no package does`);
  }
  return {
    fileName,
    members: [...entries.values()].map((entry) => ({
      path: entry.fileName,
      size: entry.uncompressedSize,
      executable: (modeOf(entry) & 0o111) !== 0,
      crc32: entry.crc32,
    })),
    open: async (path) => {
      const entry = entries.get(path);
      if (entry === undefined) throw new WheelRefused(fileName, `has no member '${path}'`);
      const content = { fileName, file, entry, start: await contentStart(file, entry) };
      return entry.uncompressedSize <= SMALL_BYTES ? [await unpackedAtOnce(content)] : unpacked(content);
    },
  };
};

/** The whole content of a member that is at most `maxBytes` long, or undefined when there is none. */
export const memberText = async (
  archive: WheelArchive,
  path: string,
  maxBytes = 16 * 1024 * 1024,
): Promise<string | undefined> => {
  const member = archive.members.find((one) => one.path === path);
  if (member === undefined) return undefined;
  if (member.size > maxBytes) throw new WheelRefused(archive.fileName, `has a '${path}' of ${member.size} bytes`);
  return (await buffer(Readable.from(await archive.open(path)))).toString('utf8');
};

/** The places of everything are in the archive itself, which may say anything. */
const withinBounds = (fileName: string, file: RandomAccess): RandomAccess => ({
  size: file.size,
  close: () => file.close(),
  read: async (position, length) => {
    if (position >= 0 && length >= 0 && position + length <= file.size) return file.read(position, length);
    throw new WheelRefused(fileName, 'is cut off');
  },
});

const openZip = async (fileName: string, file: RandomAccess): Promise<ZipFile> => {
  try {
    const options = { autoClose: false, strictFileNames: true, validateEntrySizes: true };
    return await fromRandomAccessReaderPromise(new FileReader(file), file.size, options);
  } catch (cause) {
    throw refusedBy(fileName, cause);
  }
};

/** What the library finds wrong with the archive is the wheel's fault; what a port throws is not. */
const refusedBy = (fileName: string, cause: unknown): unknown =>
  cause instanceof Error && cause.name === 'Error' && !('code' in cause)
    ? new WheelRefused(fileName, `is no valid zip archive (${cause.message})`)
    : cause;

const modeOf = ({ externalFileAttributes }: Entry): number => externalFileAttributes >>> 16;

const problemOf = (entry: Entry): string | undefined => {
  const type = modeOf(entry) & FILE_TYPE;
  if (type !== 0 && type !== REGULAR) return 'is a link or a device, not a file';
  if (!entry.canDecodeFileData()) return 'is encrypted or packed in a way that is not supported';
  if (entry.compressedSize > entry.uncompressedSize * 1.01 + SLACK_BYTES) return 'is larger packed than unpacked';
  return pathProblem(entry.fileName);
};

interface MemberContent {
  readonly fileName: string;
  readonly file: RandomAccess;
  readonly entry: Entry;
  /** Where the packed bytes begin in the file. */
  readonly start: number;
}

const contentStart = async (file: RandomAccess, entry: Entry): Promise<number> => {
  const header = await file.read(entry.relativeOffsetOfLocalHeader, LOCAL_HEADER_BYTES);
  const nameAndExtra = header.readUInt16LE(26) + header.readUInt16LE(28);
  return entry.relativeOffsetOfLocalHeader + LOCAL_HEADER_BYTES + nameAndExtra;
};

const unpackedAtOnce = async (content: MemberContent): Promise<Buffer> => {
  const { file, entry, start } = content;
  const size = entry.uncompressedSize;
  const packed = await file.read(start, entry.compressedSize);
  const bytes = entry.compressionMethod === DEFLATED ? inflated(packed, size) : packed;
  if (bytes?.length === size && crc32(bytes) === entry.crc32) return bytes;
  throw damaged(content);
};

/** A buffer of the right size at once; a content that is longer than it says ends the attempt, not the memory. */
const inflated = (packed: Buffer, size: number): Buffer | undefined => {
  try {
    return inflateRawSync(packed, { chunkSize: Math.max(64, size + 1), maxOutputLength: Math.max(64, size + 1) });
  } catch {
    return undefined;
  }
};

/** Larger chunks than the library's own streams have: a layer takes far fewer turns of the event loop. */
async function* unpacked(content: MemberContent): AsyncGenerator<Buffer> {
  const { file, entry, start } = content;
  const packed = Readable.from(pieces(file, start, start + entry.compressedSize), { objectMode: false });
  const stream = entry.compressionMethod === DEFLATED ? inflatedStream(packed) : packed;
  let crc = 0;
  let size = 0;
  try {
    for await (const chunk of stream) {
      const bytes = chunk as Buffer;
      size += bytes.length;
      if (size > entry.uncompressedSize) break;
      crc = crc32(bytes, crc);
      yield bytes;
    }
  } catch (cause) {
    // zlib's own errors are about the content; all others are about reading it.
    throw String((cause as { code?: unknown }).code).startsWith('Z_') ? damaged(content) : cause;
  }
  if (size !== entry.uncompressedSize || crc !== entry.crc32) throw damaged(content);
}

const inflatedStream = (packed: Readable): Readable => {
  const inflate = createInflateRaw({ chunkSize: CHUNK_BYTES });
  packed.once('error', (cause) => inflate.destroy(cause));
  inflate.once('close', () => packed.destroy());
  return packed.pipe(inflate);
};

const damaged = ({ fileName, entry }: MemberContent): WheelRefused =>
  new WheelRefused(fileName, `has the member '${entry.fileName}', which is not what the archive says it is`);

/** The library's way to read from something that is no file. */
class FileReader extends RandomAccessReader {
  readonly #file: RandomAccess;

  constructor(file: RandomAccess) {
    super();
    this.#file = file;
  }

  override _readStreamForRange(start: number, end: number): Readable {
    return Readable.from(pieces(this.#file, start, end), { objectMode: false });
  }

  override read(
    into: Buffer,
    offset: number,
    length: number,
    position: number,
    callback: (error: Error | null) => void,
  ): void {
    this.#file.read(position, length).then(
      (bytes) => {
        bytes.copy(into, offset);
        callback(null);
      },
      (cause: unknown) => callback(cause instanceof Error ? cause : new Error(String(cause))),
    );
  }
}

async function* pieces(file: RandomAccess, start: number, end: number): AsyncGenerator<Buffer> {
  for (let at = start; at < end; at += CHUNK_BYTES) yield await file.read(at, Math.min(CHUNK_BYTES, end - at));
}
