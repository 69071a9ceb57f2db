import { createHash } from 'node:crypto';
import { canonicalJson } from '../image/canonical-json.ts';
import type { EnvironmentBase } from './environment-builder.ts';
import type { EnvironmentSpec } from './environment-spec.ts';
import type { Lock } from './lock.ts';

/** Another name gives every environment another key. */
const VERSION = 'env1';

/** 32 hex digits that name an environment: equal for equal content on an equal base, whatever the files look like. */
export const environmentKey = ({
  spec,
  ...foundation
}: EnvironmentBase & { readonly spec: EnvironmentSpec }): string => {
  const { base, platform, template, server } = foundation;
  const { options, python, requirements, constraints, conda } = spec;
  const env = {
    python,
    requirements,
    constraints,
    // Without packages it makes no difference where they would come from.
    ...(conda.packages.length === 0 ? {} : { conda: { channels: conda.channels, packages: conda.packages } }),
    options: { ...options },
  };
  return digestOf(canonicalJson({ v: VERSION, env, base, platform, template, server }));
};

/** 32 hex digits, equal for environments that were resolved to the same files on an equal base. */
export const lockKey = (lock: Lock, { base, template }: Pick<EnvironmentBase, 'base' | 'template'>): string =>
  digestOf(canonicalJson({ v: VERSION, lock: lock.text, base, template }));

const digestOf = (text: string): string => createHash('sha256').update(text).digest('hex').slice(0, 32);
