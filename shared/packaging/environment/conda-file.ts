import * as z from 'zod';
import { EnvironmentRefused, quoted } from './environment-refusal.ts';
import { readYaml } from './read-yaml.ts';
import { normalizedName } from './requirement.ts';
import { refuseCredential } from './requirement-url.ts';
import type { Line } from './requirements-file.ts';

/** What a `conda.yaml` asks for. */
export interface CondaFile {
  /** As it stands there, such as `3.11.7`. */
  readonly python?: string;
  readonly channels: readonly string[];
  /** Other packages than Python, pip, setuptools and wheel, in order. */
  readonly packages: readonly string[];
  /** Lines of the pip part. */
  readonly pip: readonly Line[];
}

const schema = z.object({
  channels: z.array(z.string()).nullish(),
  dependencies: z.array(z.union([z.string(), z.object({ pip: z.array(z.string()).nullish() })])).nullish(),
});

/** They come with every environment, in the versions of its template. */
export const TOOLS: readonly string[] = ['pip', 'setuptools', 'wheel'];

/** @throws EnvironmentRefused */
export const readCondaFile = (text: string, file: string): CondaFile => {
  const { channels, dependencies } = readYaml(schema, text, file);
  const specs = (dependencies ?? [])
    .filter((entry) => typeof entry === 'string')
    .map((entry) => matchSpec(entry, file));
  const pip = (dependencies ?? []).flatMap((entry) => (typeof entry === 'string' ? [] : (entry.pip ?? [])));
  for (const channel of channels ?? []) refuseCredential(channel, `${file} channels`);
  const python = specs.find(({ name }) => name === 'python')?.version;
  const packages = specs.filter(({ name }) => name !== 'python' && !TOOLS.includes(name)).map((spec) => spec.text);
  return {
    ...(python === undefined || python === '' ? {} : { python }),
    channels: channels ?? [],
    packages: [...new Set(packages)].sort(),
    pip: pip.map((line, index) => ({ where: `${file} pip[${index}]`, text: line.replace(/\s+#.*$/, '').trim() })),
  };
};

/** A package as conda names it: `[channel::]name[ ][version][ build]`. */
const matchSpec = (entry: string, file: string) => {
  refuseCredential(entry, file);
  const text = entry.replace(/\s*#.*$/, '').trim();
  const [, channel = '', name = '', rest = ''] = /^(?:([\w./:-]+)::)?([A-Za-z0-9_][\w.-]*)\s*(.*)$/.exec(text) ?? [];
  if (name === '') {
    throw new EnvironmentRefused(
      'requirement-invalid',
      file,
      `names a conda package in a way that is not understood (${quoted(entry)})`,
      'Write it as in `scikit-learn=1.5.2`.',
    );
  }
  const version = rest.replace(/\s+/g, rest.startsWith('=') || rest === '' ? '' : ' ');
  const prefix = channel === '' ? '' : `${channel}::`;
  return { name: normalizedName(name), version, text: `${prefix}${name.toLowerCase()}${version}` };
};
