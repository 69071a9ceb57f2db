import * as z from 'zod';
import { EnvironmentRefused, quoted } from './environment-refusal.ts';
import { readYaml } from './read-yaml.ts';
import { normalizedName } from './requirement.ts';
import { refuseCredential } from './requirement-url.ts';
import { type Line, withoutComment } from './requirements-file.ts';

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

/** A list that may be missing; a key with nothing behind it reads as an empty text. */
export const listOf = <Entry extends z.ZodType>(entry: Entry) =>
  z.preprocess((value) => (value === '' ? [] : value), z.array(entry)).default([]);

const schema = z.object({
  channels: listOf(z.string()),
  dependencies: listOf(z.union([z.string(), z.object({ pip: listOf(z.string()) })])),
});

/** They come with every environment, in the versions of its template. */
export const TOOLS: readonly string[] = ['pip', 'setuptools', 'wheel'];

/** @throws EnvironmentRefused */
export const readCondaFile = (text: string, file: string): CondaFile => {
  const { channels, dependencies } = readYaml(schema, text, file);
  const specs = dependencies.filter((entry) => typeof entry === 'string').map((entry) => matchSpec(entry, file));
  const pip = dependencies.flatMap((entry) => (typeof entry === 'string' ? [] : entry.pip));
  for (const channel of channels) refuseCredential(channel, `${file} channels`);
  const python = specs.find(({ name }) => name === 'python')?.version ?? '';
  const packages = specs.filter(({ name }) => name !== 'python' && !TOOLS.includes(name)).map((spec) => spec.text);
  return {
    ...(python === '' ? {} : { python }),
    channels,
    packages: [...new Set(packages)].sort(),
    pip: pip.map((line, index) => ({ where: `${file} pip[${index}]`, text: withoutComment(line) })),
  };
};

/** A package as conda names it: `[channel::]name[ ][version][ build]`. */
const matchSpec = (entry: string, file: string) => {
  refuseCredential(entry, file);
  const text = entry.replace(/#.*/, '').trim();
  const [, channel = '', name = '', rest = ''] = /^(?:([\w./:-]+)::)?([A-Za-z0-9_][\w.-]*)\s*(.*)$/.exec(text) ?? [];
  if (name === '') {
    throw new EnvironmentRefused(
      'requirement-invalid',
      file,
      `names a conda package in a way that is not understood (${quoted(entry)})`,
      'Write it as in `scikit-learn=1.5.2`.',
    );
  }
  const version = rest.replace(/\s+/g, ' ').replace(/ ?([=<>!~,|]) ?/g, '$1');
  // A version without an operator, as in `numpy 1.5`, would else become part of the name.
  const space = /^[\w*]/.test(version) ? ' ' : '';
  const prefix = channel === '' ? '' : `${channel}::`;
  return { name: normalizedName(name), version, text: `${prefix}${name.toLowerCase()}${space}${version}` };
};
