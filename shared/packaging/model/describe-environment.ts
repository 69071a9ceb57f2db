import type { EnvironmentBuilder } from '../environment/environment-builder.ts';
import type { EnvironmentSource } from '../environment/environment-source.ts';
import { readEnvironment } from '../environment/read-environment.ts';
import type { ModelReport } from './report.ts';

/** What matters of the builder of environments. */
export type BuilderTraits = Pick<EnvironmentBuilder, 'conda'>;

export type DescribedEnvironment =
  | {
      readonly kind: 'described';
      readonly environment: NonNullable<ModelReport['environment']>;
      readonly warnings: readonly string[];
    }
  | { readonly kind: 'refused'; readonly code: string; readonly message: string };

/** The environment that would be built, or why none can be. */
export const describeEnvironment = (source: EnvironmentSource, builder: BuilderTraits): DescribedEnvironment => {
  const read = readEnvironment(source, builder);
  if (read.kind === 'refused') return { kind: 'refused', code: read.code, message: read.message };
  const { python, requirements, conda } = read.spec;
  return {
    kind: 'described',
    environment: {
      file: fileOf(source, conda.packages.length > 0),
      python,
      requirements: requirements.length,
      unpinned: requirements.filter(isUnpinned).map(nameOf),
    },
    warnings: read.warnings,
  };
};

/** `python_env.yaml` refers to `requirements.txt`; a conda file repeats both. */
const fileOf = ({ pythonEnvYaml, requirementsTxt }: EnvironmentSource, byConda: boolean): string => {
  if (byConda) return 'conda.yaml';
  if (requirementsTxt !== undefined) return 'requirements.txt';
  return pythonEnvYaml === undefined ? 'conda.yaml' : 'python_env.yaml';
};

/** In canonical form: `name[extra]==1.2; marker` or `name @ url`. */
const isUnpinned = (requirement: string): boolean => !/^[^;]*(?:==[^*,;]+(?:[,;]|$)| @ )/.test(requirement);

const nameOf = (requirement: string): string => /^[\w.-]+/.exec(requirement)?.[0] ?? requirement;
