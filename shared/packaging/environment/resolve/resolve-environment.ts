import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Lock } from '../lock.ts';
import { type FoundFile, fetchWheel } from '../wheels/fetch-wheel.ts';
import { RESOLVER_PLATFORM } from '../wheels/platform-tags.ts';
import { readMetadata } from '../wheels/read-wheel.ts';
import type { WheelCache } from '../wheels/wheel-cache.ts';
import type { WheelIndex } from '../wheels/wheel-index.ts';
import { type BuildFailure, classifyThrown, classifyUv } from './classify.ts';
import { type IndexGate, openIndexGate } from './index-gate.ts';
import { writeInterpreter } from './interpreter.ts';
import { lockOf, pinsOf } from './read-lock.ts';
import { runUv } from './run-uv.ts';

export interface Resolver {
  /** Path of uv. */
  readonly uv: () => Promise<string>;
  readonly cache: WheelCache;
}

export interface ResolveRequest {
  /** What the model asks for, without URLs. */
  readonly requirements: readonly string[];
  readonly constraints: readonly string[];
  readonly pre: boolean;
  /** What the scoring server needs beside it. */
  readonly server: readonly string[];
  readonly python: string;
  /** In order: of two that have a package the first counts. */
  readonly indexes: readonly WheelIndex[];
}

export type Resolution = { readonly kind: 'resolved'; readonly lock: Lock } | BuildFailure;

const TIMEOUT_MS = 120_000;

/**
 * The exact wheels for the model's packages and the server's together, for one Python on the platform; or why there are
 * none. Asks the indexes for METADATA only, as far as they give it.
 *
 * @throws what the cache throws
 */
export const resolveEnvironment = async (resolver: Resolver, request: ResolveRequest): Promise<Resolution> => {
  const gate = await openIndexGate({
    indexes: request.indexes,
    metadataOf: async (found) => (await found.index.metadataOf(found.file)) ?? metadataInside(resolver.cache, found),
  });
  try {
    const resolved = await compile(resolver, gate, request);
    if (resolved.kind === 'resolved' || resolved.code !== 'conflict' || request.server.length === 0) return resolved;
    const alone = await compile(resolver, gate, { ...request, server: [] });
    return alone.kind === 'failed' ? alone : besideServer(resolved, request.server);
  } finally {
    await gate.close();
  }
};

const besideServer = (failure: BuildFailure, server: readonly string[]): BuildFailure => ({
  ...failure,
  message: `the model's packages can be installed, but not beside those of the scoring server (${server.join(', ')}); ${failure.message}`,
});

const compile = async (resolver: Resolver, gate: IndexGate, request: ResolveRequest): Promise<Resolution> => {
  const uv = await resolver.uv();
  const folder = await mkdtemp(join(tmpdir(), 'slipway-resolve-'));
  try {
    const { requirements, constraints, server, python, indexes } = request;
    const output = join(folder, 'requirements.lock');
    await writeFile(join(folder, 'requirements.in'), [...requirements, ...server, ''].join('\n'));
    await writeFile(join(folder, 'constraints.txt'), [...constraints, ''].join('\n'));
    const interpreter = await writeInterpreter(folder, python);
    const args = [...ARGUMENTS, ...optionsOf(request, gate, interpreter), '--output-file', output, 'requirements.in'];
    const { code, stderr } = await runUv({ uv, args, folder, timeoutMs: TIMEOUT_MS });
    if (code === 'timeout') {
      const message = `resolving the packages took more than ${TIMEOUT_MS / 1000} seconds: pin more of them`;
      return { kind: 'failed', code: 'timeout', message };
    }
    if (code === 'failed') {
      const failure = gate.failure();
      return failure === undefined ? classifyUv(gate.named(stderr)) : classifyThrown(failure);
    }
    const lock = await lockOf(pinsOf(await readFile(output, 'utf8')), indexes, python);
    return 'kind' in lock ? lock : { kind: 'resolved', lock };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
};

/** Only what is said here counts: no files of configuration, no builds, no credential stores, no downloads of Python. */
const ARGUMENTS = [
  'pip',
  'compile',
  '--quiet',
  '--no-config',
  '--no-progress',
  '--color=never',
  '--no-header',
  '--no-annotate',
  '--only-binary=:all:',
  '--no-python-downloads',
  '--keyring-provider=disabled',
  '--index-strategy=unsafe-first-match',
  '--constraints=constraints.txt',
];

const optionsOf = ({ python, pre }: ResolveRequest, { urls }: IndexGate, interpreter: string): readonly string[] => {
  const main = urls.at(-1) ?? '';
  return [
    `--python=${interpreter}`,
    `--python-version=${python}`,
    `--python-platform=${RESOLVER_PLATFORM}`,
    `--default-index=${main}`,
    ...urls.slice(0, -1).map((url) => `--index=${url}`),
    `--prerelease=${pre ? 'allow' : 'if-necessary-or-explicit'}`,
    '--cache-dir=cache',
  ];
};

/** Of an index that gives nothing but whole files; the wheel is probably needed next. */
const metadataInside = async (cache: WheelCache, found: FoundFile): Promise<string> => {
  const wheel = await fetchWheel(cache, found);
  try {
    return await readMetadata(found.file.fileName, wheel);
  } finally {
    await wheel.close();
  }
};
