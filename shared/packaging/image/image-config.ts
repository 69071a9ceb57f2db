import type { canonicalJson } from './canonical-json.ts';
import { LINUX_AMD64, type Platform } from './platform.ts';
import type { BaseImage } from './read-base.ts';

type Json = Parameters<typeof canonicalJson>[0];

/** What an image says about how it is run. What is left out is the base's. */
export interface RunSettings {
  readonly env: Readonly<Record<string, string>>;
  /** Takes the place of the base's arguments too, as they were meant for another program. */
  readonly entrypoint?: readonly string[];
  readonly workingDir?: string;
  readonly user?: string;
  /** Listened on. */
  readonly port?: number;
}

export interface ConfigContent extends RunSettings {
  readonly base?: BaseImage | undefined;
  readonly layers: readonly { readonly title: string; readonly diffId: string }[];
  /** RFC 3339 to the second. */
  readonly created: string;
  readonly labels: Readonly<Record<string, string>>;
}

/** What docker leaves behind of the machine on which it built an image. */
const LEFTOVERS = ['container', 'container_config', 'docker_version', 'id', 'parent'];
const RUN_LEFTOVERS = ['Image', 'Hostname', 'Domainname'];

/**
 * The config of an image: the base's, as far as it is not told otherwise, with one entry of history per layer.
 *
 * @see https://github.com/opencontainers/image-spec/blob/main/config.md
 */
export const imageConfig = (content: ConfigContent): Json => {
  const { base, layers, created } = content;
  const diffIds = [...(base?.config.rootfs.diff_ids ?? []), ...layers.map(({ diffId }) => diffId)];
  const ours = layers.map(({ title }) => ({ created, created_by: `slipway: ${title}` }));
  return {
    ...(base ? without(base.config, LEFTOVERS) : platformFields(LINUX_AMD64)),
    created,
    config: runConfig(content),
    history: [...(base ? baseHistory(base, created) : []), ...ours],
    rootfs: { ...(base?.config.rootfs as object | undefined), type: 'layers', diff_ids: diffIds },
  } as Json;
};

const platformFields = ({ os, architecture }: Platform) => ({ os, architecture });

const runConfig = ({ base, labels, ...settings }: ConfigContent): object => {
  const inherited = without(base?.config.config ?? {}, RUN_LEFTOVERS);
  const { entrypoint, workingDir, user, port } = settings;
  return {
    ...(entrypoint ? without(inherited, ['Cmd']) : inherited),
    ...(entrypoint && { Entrypoint: entrypoint }),
    Env: mergedEnv(base?.config.config.Env ?? [], settings.env),
    ...(port !== undefined && {
      ExposedPorts: { ...base?.config.config.ExposedPorts, [`${port}/tcp`]: {} },
    }),
    Labels: { ...base?.config.config.Labels, ...labels },
    ...(user !== undefined && { User: user }),
    ...(workingDir !== undefined && { WorkingDir: workingDir }),
  };
};

/**
 * The base's history when it has one entry for each layer; else one that does, because tools that convert images
 * match the two by position.
 */
const baseHistory = ({ name, digest, layers, config }: BaseImage, created: string): readonly object[] => {
  const withLayer = config.history.filter(({ empty_layer: isEmpty }) => isEmpty !== true);
  if (withLayer.length === layers.length) return config.history;
  return layers.map(() => ({ created, created_by: `${name}@${digest}` }));
};

/** The base's variables in their order, replaced in place where we set them too; then ours by name. */
const mergedEnv = (base: readonly string[], ours: Readonly<Record<string, string>>): readonly string[] => {
  const nameOf = (assignment: string): string => assignment.split('=', 1)[0] ?? '';
  const kept = base.map((assignment) => {
    const value = ours[nameOf(assignment)];
    return value === undefined ? assignment : `${nameOf(assignment)}=${value}`;
  });
  const known = new Set(base.map(nameOf));
  const added = Object.keys(ours)
    .filter((name) => !known.has(name))
    .sort();
  return [...kept, ...added.map((name) => `${name}=${ours[name]}`)];
};

const without = (value: object, keys: readonly string[]): object =>
  Object.fromEntries(Object.entries(value).filter(([key]) => !keys.includes(key)));
