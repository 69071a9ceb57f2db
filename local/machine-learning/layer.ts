import { createWriteStream } from 'node:fs';
import { chmod, link, mkdir, rm, symlink } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { extract, type Header } from 'tar-stream';

/** Files are read-only: every root file system that has the layer shares them. */
const MODES = 0o555;

/**
 * Unpacks one tar stream into an empty directory. Whiteouts stay files; devices and sockets are left out.
 *
 * @throws Error for entries that would land outside, or behind a symbolic link of the same archive
 */
export const unpackLayer = async (tar: Readable, intoDir: string): Promise<void> => {
  const links = new Set<string>();
  const archive = extract();
  const fed = pipeline(tar, archive);
  // Awaited below; it must not count as unhandled when an entry is refused first.
  fed.catch(() => undefined);
  for await (const entry of archive) {
    const path = safePath(entry.header.name, links);
    // tar-stream's streams are not declared as Node's, but work as such.
    if (path !== '') await write(entry as unknown as Readable, entry.header, { intoDir, path, links });
    // What nobody read must still be passed over.
    entry.resume();
  }
  await fed;
};

interface Place {
  readonly intoDir: string;
  readonly path: string;
  readonly links: Set<string>;
}

const write = async (content: Readable, header: Header, { intoDir, path, links }: Place): Promise<void> => {
  const target = join(intoDir, path);
  const { mode } = header;
  if (header.type === 'directory') {
    await mkdir(target, { recursive: true });
    return chmod(target, mode | 0o700);
  }
  await mkdir(dirname(target), { recursive: true });
  if (header.type === 'symlink') {
    links.add(path);
    return symlink(header.linkname, target);
  }
  if (header.type === 'link') return link(join(intoDir, safePath(header.linkname, links)), target);
  if (header.type === 'file' || header.type === 'contiguous-file') {
    // Of two entries with the same name the last counts.
    await rm(target, { force: true });
    await pipeline(content, createWriteStream(target, { flags: 'wx', mode: (mode & MODES) | 0o400 }));
  }
};

/** The path below the root, without leading `/` and `./`; empty for the root itself. */
const safePath = (name: string, links: ReadonlySet<string>): string => {
  const parts = name.split('/').filter((part) => part !== '' && part !== '.');
  if (parts.includes('..') || name.includes('\0')) throw new Error(`the layer has an entry outside its root: ${name}`);
  for (let length = 1; length < parts.length; length += 1) {
    if (links.has(parts.slice(0, length).join('/'))) {
      throw new Error(`the layer has an entry behind a symbolic link: ${name}`);
    }
  }
  return parts.join('/');
};
