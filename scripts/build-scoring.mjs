// Puts the scoring server for packaged images together in dist/scoring/: one bundled module, and the part of
// onnxruntime-node that the target platform needs. Does nothing when its inputs have not changed.
//
//   node scripts/build-scoring.mjs [--platform linux/x64 | host] [--out dist/scoring]
import { createHash } from 'node:crypto';
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { build } from 'esbuild';

/** This very machine: where the embedded stack runs images. */
const HOST = `${process.platform}/${process.arch}`;

const root = fileURLToPath(new URL('..', import.meta.url));

/** Native parts stay files beside the bundle, in the place where Node looks for a package. */
const RUNTIME_PACKAGES = {
  'onnxruntime-node': (platform) => ['package.json', 'dist', `bin/napi-v6/${platform}`],
  'onnxruntime-common': () => ['package.json', 'dist/cjs'],
};

const filesBelow = (path) =>
  existsSync(path) &&
  readdirSync(path, { withFileTypes: true, recursive: true }).flatMap((entry) =>
    entry.isFile() ? [join(entry.parentPath, entry.name)] : [],
  );

const runtimeFiles = (platform) =>
  Object.entries(RUNTIME_PACKAGES).flatMap(([name, parts]) =>
    parts(platform).flatMap((part) => {
      const path = join(root, 'node_modules', name, part);
      const files = part.includes('.json') ? [path] : filesBelow(path);
      if (!files) throw new Error(`${name} has nothing for the platform ${platform}`);
      return files.filter((file) => !/\.(?:map|d\.ts)$/.test(file));
    }),
  );

const hashOf = (paths) => {
  const hash = createHash('sha256');
  for (const path of paths) hash.update(relative(root, path)).update('\0').update(readFileSync(path)).update('\0');
  return hash.digest('hex');
};

/** The state that the previous build left, when everything it read and wrote is still the same. */
const isUpToDate = (out, stamp, platform) => {
  if (!existsSync(stamp)) return false;
  const previous = JSON.parse(readFileSync(stamp, 'utf8'));
  const paths = [...previous.inputs, ...previous.outputs].map((path) => join(root, path));
  return (
    previous.platform === platform &&
    previous.outputs.every((path) => join(root, path).startsWith(out)) &&
    paths.every((path) => existsSync(path)) &&
    hashOf(paths) === previous.hash
  );
};

/** Marks files that a build, perhaps another process, has not finished. */
const ASIDE = '.part-';

/** Written aside and renamed, so that nobody reads half a file and running servers keep theirs. */
const place = (path, write) => {
  mkdirSync(dirname(path), { recursive: true });
  const aside = `${path}${ASIDE}${process.pid}`;
  write(aside);
  renameSync(aside, path);
};

export const buildScoringServer = async ({ platform = 'linux/x64', out = join(root, 'dist/scoring') } = {}) => {
  const stamp = join(root, '.cache', `scoring-${createHash('sha256').update(out).digest('hex').slice(0, 12)}.json`);
  if (isUpToDate(out, stamp, platform)) return out;
  const result = await build({
    absWorkingDir: root,
    entryPoints: ['scoring/main.ts'],
    bundle: true,
    minify: true,
    format: 'esm',
    platform: 'node',
    target: 'node24',
    external: Object.keys(RUNTIME_PACKAGES),
    // What the bundle holds of CommonJS packages calls require for Node's own modules.
    banner: { js: "import { createRequire as r } from 'node:module'; const require = r(import.meta.url);" },
    legalComments: 'none',
    logLevel: 'warning',
    metafile: true,
    write: false,
  });
  const outputs = [join(out, 'main.mjs')];
  place(outputs[0], (path) => writeFileSync(path, result.outputFiles[0].contents));
  const runtime = runtimeFiles(platform);
  for (const file of runtime) {
    const target = join(out, relative(root, file));
    place(target, (path) => copyFileSync(file, path));
    outputs.push(target);
  }
  for (const file of filesBelow(out))
    if (!outputs.includes(file) && !file.includes(ASIDE)) rmSync(file, { force: true });
  const inputs = [
    ...Object.keys(result.metafile.inputs).map((path) => join(root, path)),
    ...runtime,
    fileURLToPath(import.meta.url),
  ];
  const paths = [...inputs, ...outputs];
  const state = {
    platform,
    inputs: inputs.map((path) => relative(root, path)),
    outputs: outputs.map((path) => relative(root, path)),
    hash: hashOf(paths),
  };
  place(stamp, (path) => writeFileSync(path, JSON.stringify(state)));
  return out;
};

if (import.meta.filename === process.argv[1]) {
  const { values } = parseArgs({ options: { platform: { type: 'string' }, out: { type: 'string' } } });
  await buildScoringServer({
    ...(values.platform ? { platform: values.platform === 'host' ? HOST : values.platform } : {}),
    ...(values.out ? { out: resolve(values.out) } : {}),
  });
}
