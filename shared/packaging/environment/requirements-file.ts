import { EnvironmentRefused, quoted } from './environment-refusal.ts';
import type { PipOptions } from './environment-spec.ts';
import { normalizedName, parseRequirement, type Requirement } from './requirement.ts';
import { checkIndexUrl, refuseCredential } from './requirement-url.ts';

/** What a requirements file, or the pip list of another file, asks for. */
export interface RequirementsFile {
  readonly requirements: readonly Requirement[];
  readonly options: PipOptions;
  /** Whether it wants `constraints.txt` to be applied. */
  readonly constrained: boolean;
  /** Whether it wants `requirements.txt` to be read. */
  readonly includes: boolean;
}

const NO_OPTIONS: PipOptions = { extraIndexUrls: [], pre: false, onlyBinary: [], noBinary: [] };

/** Lines that are still read. The largest environments have some hundred packages. */
const MAX_LINES = 2000;

/** Characters of all lines: it is stored, and told to builders. */
const MAX_CHARACTERS = 200_000;

/** Where Python, and so pip, ends a line. */
const LINE_END = /\r\n|[\n\r\v\f\x85\u2028\u2029]/;

/**
 * The lines of a file, joined where they end in a backslash, without comments.
 *
 * @see https://pip.pypa.io/en/stable/reference/requirements-file-format/
 */
export const requirementLines = (text: string, file: string): readonly Line[] => {
  const lines: Line[] = [];
  let open: Line | undefined;
  for (const [index, raw] of text
    .replace(/^\uFEFF/, '')
    .split(LINE_END)
    .entries()) {
    const { where, text: before } = open ?? { where: `${file}:${index + 1}`, text: '' };
    const comment = /^\s*#/.test(raw);
    open = !comment && raw.endsWith('\\') ? { where, text: before + raw.slice(0, -1) } : undefined;
    if (open === undefined) lines.push({ where, text: comment ? before : before + raw });
  }
  if (open !== undefined) lines.push(open);
  return lines.map((line) => ({ ...line, text: withoutComment(line.text) }));
};

export const withoutComment = (text: string): string => text.replace(/(?:^|\s)#.*/, '').trim();

export interface Line {
  readonly where: string;
  readonly text: string;
}

/**
 * What the lines ask for.
 *
 * @throws EnvironmentRefused for what cannot be built anywhere else
 */
export const readRequirements = (lines: readonly Line[], file: string): RequirementsFile => {
  const characters = lines.reduce((sum, { text }) => sum + text.length, 0);
  if (lines.length > MAX_LINES || characters > MAX_CHARACTERS) {
    const fix = 'List only what the model needs.';
    const what = `has more than ${MAX_LINES} lines or ${MAX_CHARACTERS} characters`;
    throw new EnvironmentRefused('requirement-invalid', file, what, fix);
  }
  const reading: Reading = { requirements: [], options: { ...NO_OPTIONS }, constrained: false, includes: false };
  for (const { text, where } of lines) {
    if (text === '') continue;
    refuseCredential(text, where);
    if (/\$\{[A-Z0-9_]+\}/.test(text)) throw unsupported('environment variables', where);
    if (!text.startsWith('-')) reading.requirements.push(requirementOf(text, where));
    else for (const option of text.split(/\s(?=-)/)) readOption(option, where, reading);
  }
  return reading;
};

interface Reading {
  readonly requirements: Requirement[];
  options: PipOptions;
  constrained: boolean;
  includes: boolean;
}

const requirementOf = (text: string, where: string): Requirement => {
  const option = /\s(--[a-z-]+)/.exec(text)?.[1];
  if (option !== undefined) throw unsupported(`the option ${option} of a requirement`, where);
  return parseRequirement(text, where);
};

const SHORT: Readonly<Record<string, string>> = {
  '-i': '--index-url',
  '-r': '--requirement',
  '-c': '--constraint',
  '-e': '--editable',
  '-f': '--find-links',
  '--pypi-url': '--index-url',
};

const readOption = (text: string, where: string, reading: Reading): void => {
  const [, given = text, value = ''] =
    /^(-[a-z])[\s=]*(.*)$/.exec(text) ?? /^(--[a-z-]+)(?:\s*=|\s)(.*)$/.exec(text) ?? [];
  const { options } = reading;
  const argument = value.trim().replace(/^(["'])(.*)\1$/, '$2');
  switch (SHORT[given] ?? given) {
    case '--index-url':
      reading.options = { ...options, indexUrl: checkIndexUrl(argument, where) };
      return;
    case '--extra-index-url':
      reading.options = { ...options, extraIndexUrls: [...options.extraIndexUrls, checkIndexUrl(argument, where)] };
      return;
    case '--pre':
      reading.options = { ...options, pre: true };
      return;
    // Wheels are preferred anyway.
    case '--prefer-binary':
      return;
    case '--only-binary':
      reading.options = { ...options, onlyBinary: withNames(options.onlyBinary, argument) };
      return;
    case '--no-binary':
      reading.options = { ...options, noBinary: withNames(options.noBinary, argument) };
      return;
    case '--constraint':
      if (!/^(?:\.\/)?constraints\.txt$/.test(argument)) throw include(argument, where);
      reading.constrained = true;
      return;
    case '--requirement':
      if (!/^(?:\.\/)?requirements\.txt$/.test(argument)) throw include(argument, where);
      reading.includes = true;
      return;
    case '--editable':
      throw new EnvironmentRefused(
        'editable',
        where,
        `installs a package in place from a folder (${quoted(argument)})`,
        'Publish the package to an index, or log its code with the model by `code_paths=`.',
      );
    default:
      throw unsupported(`the option ${given}`, where);
  }
};

const withNames = (before: readonly string[], argument: string): readonly string[] => {
  let names = [...before];
  for (const name of argument.split(',').map((part) => part.trim())) {
    if (name === ':none:') names = [];
    else if (name !== '') names.push(normalizedName(name));
  }
  return [...new Set(names)].sort();
};

const include = (path: string, where: string) =>
  new EnvironmentRefused(
    'requirements-include',
    where,
    `includes another file (${quoted(path)}) that is not logged with the model`,
    'Log the model with the whole list: `pip_requirements=[…]`.',
  );

const unsupported = (what: string, where: string) =>
  new EnvironmentRefused(
    'unsupported-option',
    where,
    `uses ${what}, which is not supported`,
    'Keep to names, versions, markers, --index-url, --extra-index-url, --pre, --only-binary and --no-binary.',
  );
