import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { chmod, mkdir, mkdtemp, open, readdir, readFile, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { gunzipSync } from 'node:zlib';
import { extract } from 'tar-stream';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { buildPackage } from '../../../shared/packaging/build-package.ts';
import { createFolderFiles } from '../../../shared/packaging/files/folder-files.ts';
import { LAYER_ENCODINGS, type LayerEncoding } from '../../../shared/packaging/image/layer.ts';
import { systemClock } from '../../../shared/platform/time.ts';
import { tinyModel } from '../../support/packaging/example-models.ts';
import { memoryFiles } from '../../support/packaging/memory-files.ts';
import { memoryImages, memoryLayerFacts } from '../../support/packaging/memory-images.ts';
import { packageRequest } from '../../support/packaging/package-request.ts';

const run = promisify(execFile);

const PACK = fileURLToPath(new URL('../../support/packaging/pack-folder.ts', import.meta.url));

const MODEL: Readonly<Record<string, string | Buffer>> = {
  ...tinyModel(),
  'data/empty': '',
  'data/block': Buffer.alloc(512, 'b'),
  'data/trees.bin': Buffer.alloc(1_500_000, 'node 7 threshold 0.25\n'),
  [`data/${'long-name-'.repeat(12)}.bin`]: Buffer.alloc(3000, 'l'),
  'data/モデル/naïve ünïcode.bin': Buffer.alloc(700, 'u'),
  'code/run.sh': '#!/bin/sh\n',
};

interface FolderOptions {
  readonly order?: 'reversed';
  readonly seconds: number;
  readonly mode: number;
}

const writeModel = async (folder: string, { order, seconds, mode }: FolderOptions): Promise<void> => {
  const entries = Object.entries(MODEL);
  for (const [path, content] of order === undefined ? entries : entries.toReversed()) {
    const file = join(folder, path);
    await mkdir(dirname(file), { recursive: true });
    await writeFile(file, content);
    await chmod(file, path.endsWith('.sh') ? mode | 0o100 : mode);
    await utimes(file, seconds, seconds);
  }
};

interface Packed {
  readonly digest: string;
  readonly maxRssMib: number;
  readonly seconds: number;
}

const pack = async (
  args: readonly string[],
  { umask = '022', ...env }: Record<string, string> = {},
): Promise<Packed> => {
  const command = `umask ${umask}; exec "$0" "$@"`;
  const node = [process.execPath, '--disable-warning=ExperimentalWarning', PACK, ...args];
  const { stdout } = await run('sh', ['-c', command, ...node], { env: { ...process.env, ...env } });
  return JSON.parse(stdout) as Packed;
};

const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

/**
 * Digests of the fixed model above. They change only together with the format; the last one also with the zlib that our
 * Node brings, because one of its layers is compressed.
 */
const GOLDEN: Readonly<Record<LayerEncoding, string>> = {
  stored: 'sha256:a61fecf7789a0667cd6d685980d1b233a7abe4f880aff65f0ffb6534ceaca997',
  none: 'sha256:b06c2482986901b40245bcc0f8a96503dbd2a88689ebb03827b5e3f34b575fc0',
  auto: 'sha256:260a2443a8aece49e6d20c87af35b3af4cc74fd61f186c56c8b4656fcaf49647',
};

let root: string;
let [first, second] = ['', ''];

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'slipway-image-'));
  [first, second] = [join(root, 'first'), join(root, 'second')];
  await writeModel(first, { seconds: 1_700_000_000, mode: 0o644 });
  await writeModel(second, { order: 'reversed', seconds: 1_000_000_000, mode: 0o600 });
});

afterAll(() => rm(root, { recursive: true, force: true }));

describe.each(LAYER_ENCODINGS)('the image of one model, kept as %s', (encoding) => {
  it('has the digest that it has always had', async () => {
    expect((await pack([first, encoding])).digest).toBe(GOLDEN[encoding]);
  });

  it('has that digest whatever the time zone, language, umask, dates, rights and order of its files', async () => {
    const elsewhere = { umask: '077', TZ: 'Pacific/Kiritimati', LANG: 'tr_TR.UTF-8', LC_ALL: 'tr_TR.UTF-8' };

    expect((await pack([second, encoding, 'without-ids'], elsewhere)).digest).toBe(GOLDEN[encoding]);
  });

  it('unpacks to the same bytes with GNU tar and with tar-stream, and its diff ids are those of the archives', async () => {
    const images = memoryImages();
    const files = createFolderFiles(first);
    const server = memoryFiles({ 'main.mjs': 'console.log(1)\n' });
    const { digest, layers } = await buildPackage(
      { images, layerFacts: memoryLayerFacts(), server, clock: systemClock, profile: { encoding } },
      await packageRequest(files),
    );
    const stored = layers.map((layer) => images.blobs.get(layer.digest) ?? Buffer.alloc(0));
    const archives = stored.map((blob) => (encoding === 'none' ? blob : gunzipSync(blob)));
    const expected = Object.fromEntries(
      Object.entries({ ...MODEL }).map(([path, content]) => [`opt/ml/model/${path}`, sha256(Buffer.from(content))]),
    );

    const manifest = JSON.parse(images.blobs.get(digest)?.toString() ?? '');
    const config = JSON.parse(images.blobs.get(manifest.config.digest)?.toString() ?? '');
    expect(config.rootfs.diff_ids).toEqual(archives.map((archive) => `sha256:${sha256(archive)}`));
    const model = archives.at(-1) ?? Buffer.alloc(0);
    expect(await withTarStream(model)).toEqual(expected);
    expect(await withGnuTar(stored.at(-1) ?? model, join(root, `unpacked-${encoding}`))).toEqual(expected);
  });
});

describe('the memory of packaging', () => {
  /** Gibibytes; the nine that need an extended header are tried with SLIPWAY_LARGE_GIB=9. */
  const gibibytes = Number(process.env.SLIPWAY_LARGE_GIB ?? 0.25);

  it(
    'does not grow with the model',
    async () => {
      const folder = join(root, 'large');
      await writeModel(folder, { seconds: 1_700_000_000, mode: 0o644 });
      const weights = await open(join(folder, 'weights.bin'), 'w');
      await weights.truncate(gibibytes * 1024 ** 3);
      await weights.close();

      const small = await pack([first]);
      const large = await pack([folder]);
      expect(large.digest).not.toBe(small.digest);
      expect(large.maxRssMib - small.maxRssMib).toBeLessThan(100);
    },
    60_000 * Math.max(1, gibibytes),
  );
});

const withTarStream = async (archive: Buffer): Promise<Record<string, string>> => {
  const files: Record<string, string> = {};
  for await (const entry of Readable.from([archive]).pipe(extract())) {
    const content = await buffer(entry);
    if (entry.header.type === 'file') files[entry.header.name] = sha256(content);
  }
  return files;
};

const withGnuTar = async (layer: Buffer, into: string): Promise<Record<string, string>> => {
  await mkdir(into, { recursive: true });
  await writeFile(`${into}.layer`, layer);
  await run('tar', ['-xf', `${into}.layer`, '-C', into]);
  const entries = await readdir(into, { withFileTypes: true, recursive: true });
  const files = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
  return Object.fromEntries(
    await Promise.all(files.map(async (file) => [file.slice(into.length + 1), sha256(await readFile(file))])),
  );
};
