import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { gzipSync } from 'node:zlib';
import type { ModelFiles } from '../../files/model-files.ts';
import { planTar, tarBytes } from '../../image/tar.ts';
import type { EnvironmentSpec } from '../environment-spec.ts';
import { readServerRequirements, serverFiles } from '../wheels/server-files.ts';
import { dockerfile, LOCK_SCRIPT } from './dockerfile.ts';

export interface BuildContextInput {
  readonly spec: EnvironmentSpec;
  /** Image to build on, by digest. */
  readonly base: string;
  /** The installation’s index; a model may name another. */
  readonly indexUrl: string;
  /** The Python scoring server, with its `requirements.txt`. */
  readonly server: ModelFiles;
}

/** Where the scoring server listens. */
const PORT = 8080;

/** A tar.gz for a Docker build: Dockerfile, requirements and scoring server. Equal input gives equal bytes. */
export const buildContext = async ({ spec, base, indexUrl, server }: BuildContextInput): Promise<Buffer> => {
  const files = new Map<string, Buffer>();
  const add = (path: string, text: string) => files.set(path, Buffer.from(text));
  const { options, python, requirements, constraints } = spec;
  const constrained = constraints.length > 0;
  const root = options.indexUrl ?? indexUrl;
  add('Dockerfile', dockerfile({ base, python, indexUrl: root, resolve: true, constrained, port: PORT }));
  add('build/lock.py', LOCK_SCRIPT);
  const wanted = [...optionLines(spec), ...requirements, ...(await readServerRequirements(server))];
  add('build/requirements.in', `${wanted.join('\n')}\n`);
  if (constrained) add('build/constraints.txt', `${constraints.join('\n')}\n`);
  for (const { path } of await serverFiles(server)) files.set(`server/${path}`, await buffer(await server.open(path)));
  return gzipSync(await tarOf(files));
};

const optionLines = ({ options }: EnvironmentSpec): readonly string[] => [
  ...options.extraIndexUrls.map((url) => `--extra-index-url ${url}`),
  ...(options.pre ? ['--pre'] : []),
  ...options.noBinary.map((name) => `--no-binary ${name}`),
];

const tarOf = (files: ReadonlyMap<string, Buffer>): Promise<Buffer> => {
  const plan = planTar([...files].map(([path, { length }]) => ({ path, size: length, executable: false })));
  const open = async (path: string, offset: number) => Readable.from([files.get(path)?.subarray(offset)]);
  return buffer(Readable.from(tarBytes(plan, open)));
};
