import { existsSync } from 'node:fs';
import { basename, delimiter, join } from 'node:path';
import type { ImageConfig, Interpreters } from './options.ts';
import { pythonFor } from './python-for.ts';

/** What runs the container's command, by which it can be told to watch its parent. */
export type Runtime = 'node' | 'python' | 'native';

export interface ContainerSpec {
  readonly command: string;
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  readonly cwd: string;
  readonly runtime: Runtime;
}

export interface ContainerPlace {
  /** Where the image is unpacked. */
  readonly rootfs: string;
  readonly port: number;
  /** The container's own directory, with `home` and `tmp`. */
  readonly ownDir: string;
  readonly environmentVariables: Readonly<Record<string, string>>;
  /** The Pythons of this machine; none unless given. */
  readonly pythons?: Interpreters;
}

/**
 * How to start an image without a container runtime: absolute paths that exist in the image become paths of its
 * unpacked root, `node` becomes the running Node, `pythonX.Y` this machine's Python of that minor version, and the
 * environment is the image's and the deployment's only.
 *
 * @throws Error when the image names no command, or a Python that this machine does not have
 */
export const containerSpec = (config: ImageConfig, place: ContainerPlace): ContainerSpec => {
  const { rootfs } = place;
  const [first, ...rest] = [...(config.Entrypoint ?? []), ...(config.Cmd ?? [])];
  if (first === undefined) throw new Error('the image has neither Entrypoint nor Cmd');
  const { command, runtime } = commandOf(first, place);
  return {
    command,
    args: rest.map((arg) => mapArgument(rootfs, arg)),
    env: environment(config, place),
    cwd: config.WorkingDir ? existingOr(join(rootfs, config.WorkingDir), rootfs) : rootfs,
    runtime,
  };
};

const commandOf = (first: string, { rootfs, pythons }: ContainerPlace): Pick<ContainerSpec, 'command' | 'runtime'> => {
  const name = basename(first);
  if (name === 'node') return { command: process.execPath, runtime: 'node' };
  if (/^python3(\.\d+)?$/.test(name)) return { command: pythonFor(name, pythons ?? {}), runtime: 'python' };
  return { command: inRoot(rootfs, first), runtime: 'native' };
};

const environment = (config: ImageConfig, place: ContainerPlace): Record<string, string> => {
  // Servers that ask where to listen stay on this machine.
  const env: Record<string, string> = { HOST: '127.0.0.1' };
  for (const line of config.Env ?? []) {
    const at = line.indexOf('=');
    if (at > 0) env[line.slice(0, at)] = line.slice(at + 1);
  }
  Object.assign(env, place.environmentVariables);
  for (const [name, value] of Object.entries(env)) env[name] = mapList(place.rootfs, value);
  // What the image has of a PATH comes first; the machine's own tools stay reachable.
  env['PATH'] = [env['PATH'], process.env['PATH']].filter(Boolean).join(delimiter);
  return {
    ...env,
    PORT: String(place.port),
    HOME: join(place.ownDir, 'home'),
    TMPDIR: join(place.ownDir, 'tmp'),
  };
};

const existingOr = (path: string, fallback: string): string => (existsSync(path) ? path : fallback);

const inRoot = (rootfs: string, path: string): string =>
  path.startsWith('/') && path !== '/' ? existingOr(join(rootfs, path), path) : path;

const mapList = (rootfs: string, value: string): string =>
  value.startsWith('/')
    ? value
        .split(':')
        .map((part) => inRoot(rootfs, part))
        .join(':')
    : value;

/** `/path` and `--flag=/path`. */
const mapArgument = (rootfs: string, arg: string): string => {
  const at = arg.startsWith('-') ? arg.indexOf('=') + 1 : 0;
  return arg.slice(0, at) + inRoot(rootfs, arg.slice(at));
};
