import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import { mkdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import * as z from 'zod';
import { writeWhole } from './write-whole.ts';

const named = z.record(z.string(), z.string());

const hostKeys = z.object({
  master: z.string().min(1),
  /** Keys that open every function of level `function`. */
  host: named.default({}),
  /** Keys by function name, then key name. */
  function: z.record(z.string(), named).default({}),
  /** Keys of extension webhooks, such as `eventgrid_extension`. */
  system: named.default({}),
});

export type HostKeys = z.infer<typeof hostKeys>;

const newKey = (): string => randomBytes(32).toString('base64url');

/**
 * The keys in `keys.json` of the data folder. The first start writes them, readable by the owner only.
 */
export const loadKeys = async (dataDir: string): Promise<HostKeys> => {
  const file = path.join(dataDir, 'keys.json');
  try {
    return hostKeys.parse(JSON.parse(await readFile(file, 'utf8')));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
  }
  const keys = {
    master: newKey(),
    host: { default: newKey() },
    function: {},
    system: { eventgrid_extension: newKey() },
  };
  await mkdir(dataDir, { recursive: true });
  await writeWhole(file, JSON.stringify(keys, undefined, 2), 0o600);
  return keys;
};

const digest = (text: string): Buffer => createHash('sha256').update(text).digest();

const isOneOf = (given: string, keys: readonly string[]): boolean => {
  const hash = digest(given);
  return keys.some((key) => timingSafeEqual(hash, digest(key)));
};

/** What a request asks to reach. */
export type Access =
  | { readonly kind: 'function'; readonly functionName: string }
  | { readonly kind: 'admin' }
  | { readonly kind: 'system'; readonly key: string };

/** Whether a key opens the door. The master key opens all of them. */
export const opens = (keys: HostKeys, given: string | undefined, access: Access): boolean => {
  if (given === undefined || given === '') return false;
  return isOneOf(given, [keys.master, ...keysFor(keys, access)]);
};

const keysFor = (keys: HostKeys, access: Access): readonly string[] => {
  switch (access.kind) {
    case 'function':
      return [...Object.values(keys.host), ...Object.values(keys.function[access.functionName] ?? {})];
    case 'system':
      return [keys.system[access.key]].filter((key) => key !== undefined);
    case 'admin':
      return [];
  }
};
