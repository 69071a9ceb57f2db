import { createHash } from 'node:crypto';
import { Readable } from 'node:stream';
import type { RandomAccess } from '../../../shared/packaging/environment/wheels/random-access.ts';
import type { WheelCache } from '../../../shared/packaging/environment/wheels/wheel-cache.ts';
import type { WheelIndex } from '../../../shared/packaging/environment/wheels/wheel-index.ts';
import { parseWheelName } from '../../../shared/packaging/environment/wheels/wheel-name.ts';
import { SlipwayError } from '../../../shared/platform/errors.ts';
import { type ZipMember, zipOf } from './zip.ts';

export interface WheelContent {
  readonly name?: string;
  readonly version?: string;
  readonly tag?: string;
  /** Beside what every wheel has. */
  readonly members?: readonly ZipMember[];
  /** Lines of METADATA after name and version, such as `Requires-Dist: b`. */
  readonly metadata?: readonly string[];
  readonly entryPoints?: string;
  /** In place of the right one. */
  readonly record?: string;
  readonly wheel?: string;
}

export interface BuiltWheel {
  readonly fileName: string;
  readonly bytes: Buffer;
  readonly sha256: string;
}

const base64 = (bytes: string | Buffer): string => createHash('sha256').update(bytes).digest('base64url');

/** A small wheel, whole and with a right RECORD unless told otherwise. */
export const wheelOf = ({
  name = 'demo',
  version = '1.0',
  tag = 'py3-none-any',
  members = [{ path: `${name}/__init__.py`, content: `name = "${name}"\n` }],
  metadata = [],
  entryPoints,
  record,
  wheel = `Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: ${tag}\n`,
}: WheelContent = {}): BuiltWheel => {
  const info = `${name}-${version}.dist-info`;
  const described: ZipMember[] = [
    ...members,
    {
      path: `${info}/METADATA`,
      content: ['Metadata-Version: 2.1', `Name: ${name}`, `Version: ${version}`, ...metadata, '', ''].join('\n'),
    },
    { path: `${info}/WHEEL`, content: wheel },
    ...(entryPoints === undefined ? [] : [{ path: `${info}/entry_points.txt`, content: entryPoints }]),
  ];
  const rows = described.map(({ path, content }) => `${path},sha256=${base64(content)},${Buffer.byteLength(content)}`);
  const text = record ?? `${[...rows, `${info}/RECORD,,`].join('\n')}\n`;
  const bytes = zipOf([...described, { path: `${info}/RECORD`, content: text }]);
  return {
    fileName: `${name}-${version}-${tag}.whl`,
    bytes,
    sha256: createHash('sha256').update(bytes).digest('hex'),
  };
};

/** Bytes as a file that can be read anywhere. */
export const inMemory = (bytes: Buffer): RandomAccess => ({
  size: bytes.length,
  read: async (position, length) => bytes.subarray(position, position + length),
  close: async () => undefined,
});

/** An index of these wheels that counts what it is asked for. */
export const memoryIndex = (wheels: readonly BuiltWheel[]): WheelIndex & { readonly downloads: string[] } => {
  const downloads: string[] = [];
  return {
    name: 'index.example',
    downloads,
    filesOf: async (project) => {
      const found = wheels.filter(({ fileName }) => parseWheelName(fileName)?.name === project);
      return found.length === 0
        ? undefined
        : found.map(({ fileName, sha256, bytes }) => ({
            fileName,
            sha256,
            size: bytes.length,
            url: `https://index.example/${fileName}`,
          }));
    },
    download: async ({ fileName }) => {
      downloads.push(fileName);
      const wheel = wheels.find((one) => one.fileName === fileName);
      return Readable.from([wheel?.bytes ?? Buffer.alloc(0)], { objectMode: false });
    },
    metadataOf: async () => undefined,
  };
};

/** A wheel cache in memory. */
export const memoryWheelCache = (): WheelCache & { readonly kept: Map<string, Buffer> } => {
  const kept = new Map<string, Buffer>();
  return {
    kept,
    open: async (sha256) => {
      const bytes = kept.get(sha256);
      return bytes && inMemory(bytes);
    },
    put: async (sha256, open) => {
      const chunks: Buffer[] = [];
      for await (const chunk of await open()) chunks.push(chunk as Buffer);
      const bytes = Buffer.concat(chunks);
      if (createHash('sha256').update(bytes).digest('hex') !== sha256)
        throw new SlipwayError('INVALID_STATE', 'another hash');
      kept.set(sha256, bytes);
    },
  };
};
