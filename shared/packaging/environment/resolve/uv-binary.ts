import { createWriteStream, rmSync } from 'node:fs';
import { chmod, mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { SlipwayError } from '../../../platform/errors.ts';
import { fetchWheel, findWheel } from '../wheels/fetch-wheel.ts';
import { readZip } from '../wheels/read-zip.ts';
import type { WheelCache } from '../wheels/wheel-cache.ts';
import type { WheelIndex } from '../wheels/wheel-index.ts';

const VERSION = '0.13.9';

/** sha256 of uv's wheels by platform. Each holds one program, which needs nothing else. */
const WHEELS: Readonly<Record<string, string>> = {
  'linux-x64': 'd7f459fe4fd247d830351c75686d3996ace3c6f3f728eb0e85a30b7ada0cef19',
  'linux-arm64': 'ecb6028d79dc96fbeafffe5c8af62a7099487ebc05a701e76714eebcffd06375',
  'darwin-x64': 'c16ed11e013557536b3e60065f1b912f6407bd6518e041b961e23ef9e6b4fbf5',
  'darwin-arm64': '66c512266d633bef48384a1f53003f41f2a8e7b36fe6e7fbfd3e0fd52d96fa63',
};

export interface UvSource {
  /** A uv that is there already. */
  readonly path?: string;
  readonly cache: WheelCache;
  readonly indexes: readonly WheelIndex[];
}

/**
 * The path of uv: the one that was named, or the one that is pinned here, taken as a wheel from where all wheels come
 * from and unpacked once per process.
 */
export const uvBinary = (source: UvSource): (() => Promise<string>) => {
  let unpacked: Promise<string> | undefined;
  return () => {
    if (source.path !== undefined) return Promise.resolve(source.path);
    unpacked ??= unpack(source).catch((cause: unknown) => {
      unpacked = undefined;
      throw cause;
    });
    return unpacked;
  };
};

const unpack = async ({ cache, indexes }: UvSource): Promise<string> => {
  const platform = `${process.platform}-${process.arch}`;
  const sha256 = WHEELS[platform];
  if (sha256 === undefined) {
    throw new SlipwayError('INVALID_STATE', `there is no uv for ${platform} here: name one by UV_PATH`);
  }
  const kept = await cache.open(sha256);
  const wheel = kept ?? (await fetched(cache, indexes, sha256));
  try {
    const archive = await readZip(`uv-${VERSION}-py3-none-${platform}.whl`, wheel);
    // Only this user may write to the folder: what is in it gets executed.
    const folder = await mkdtemp(join(tmpdir(), 'slipway-uv-'));
    process.once('exit', () => rmSync(folder, { recursive: true, force: true }));
    const path = join(folder, 'uv');
    await pipeline(await archive.open(`uv-${VERSION}.data/scripts/uv`), createWriteStream(path));
    await chmod(path, 0o700);
    return path;
  } finally {
    await wheel.close();
  }
};

const fetched = async (cache: WheelCache, indexes: readonly WheelIndex[], sha256: string) => {
  const found = await findWheel(indexes, { name: 'uv', sha256s: [sha256] });
  if (found !== undefined) return fetchWheel(cache, found);
  const where = indexes.map(({ name }) => name).join(', ');
  throw new SlipwayError(
    'INVALID_STATE',
    `packages are resolved with uv ${VERSION}, whose wheel with the sha256 ${sha256} is not in ${where}: add it, or name a uv by UV_PATH`,
  );
};
