import { createHash } from 'node:crypto';
import { crc32 } from 'node:zlib';
import type { TarPlan } from './tar.ts';

export interface FileDigest {
  /** In the archive. */
  readonly path: string;
  /** Of its content, in hex. */
  readonly sha256: string;
}

/** What is learned about an archive while it is read, however often reading begins anew. */
export interface TarDigests {
  /** Bytes from the beginning that have been learned. */
  readonly learned: () => number;
  /** Takes the bytes at an offset, which must not be behind what was learned; what is known already is skipped. */
  readonly learn: (offset: number, bytes: Buffer) => void;
  readonly crc32: () => number;
  /** Of what was learned, in hex. */
  readonly sha256: () => string;
  /** Of the files that were learned to their end. */
  readonly files: () => readonly FileDigest[];
}

/** Learns the digests of an archive and of each file in it, in one pass over bytes that may come more than once. */
export const createTarDigests = ({ members }: TarPlan): TarDigests => {
  const whole = createHash('sha256');
  const files: FileDigest[] = [];
  let file = createHash('sha256');
  let crc = 0;
  let learned = 0;
  let next = 0;

  const learnFiles = (bytes: Buffer): void => {
    const end = learned + bytes.length;
    for (let member = members[next]; member !== undefined; member = members[next]) {
      const contentEnd = member.contentStart + member.size;
      file.update(bytes.subarray(Math.max(0, member.contentStart - learned), Math.max(0, contentEnd - learned)));
      if (end < contentEnd) return;
      if (!member.isDirectory) {
        files.push({ path: member.path, sha256: file.digest('hex') });
        file = createHash('sha256');
      }
      next += 1;
    }
  };

  return {
    learned: () => learned,
    learn(offset, bytes) {
      const fresh = bytes.subarray(learned - offset);
      if (offset > learned || fresh.length === 0) return;
      whole.update(fresh);
      crc = crc32(fresh, crc);
      learnFiles(fresh);
      learned += fresh.length;
    },
    crc32: () => crc,
    sha256: () => whole.copy().digest('hex'),
    files: () => files,
  };
};
