import { clean } from '@renovatebot/pep440';
import {
  type EnvironmentMarker,
  type EnvironmentMarkerLeaf,
  type ProjectNameRequirement,
  type ProjectURLRequirement,
  parsePipRequirementsLine,
} from 'pip-requirements-js';
import { EnvironmentRefused, quoted } from './environment-refusal.ts';
import { checkRequirementUrl } from './requirement-url.ts';

/** One requirement of PEP 508 in canonical form. */
export interface Requirement {
  /** Normalised as in PEP 503. */
  readonly name: string;
  readonly extras: readonly string[];
  /** In order, each such as `>=1.2`. Empty for a URL. */
  readonly specifiers: readonly string[];
  readonly url?: string;
  readonly marker?: string;
  /** Where it was read, for messages. */
  readonly where: string;
}

/** @see https://packaging.python.org/en/latest/specifications/name-normalization/ */
export const normalizedName = (name: string): string => name.replace(/[-_.]+/g, '-').toLowerCase();

const NAME = /^[A-Z0-9](?:[A-Z0-9._-]*[A-Z0-9])?$/i;

/** Characters of one line; longer ones are no requirement. */
const MAX_LINE = 4096;

/**
 * A line of a requirements file, without comment and options.
 *
 * @throws EnvironmentRefused
 */
export const parseRequirement = (line: string, where: string): Requirement => {
  const parsed = line.length > MAX_LINE ? undefined : parseLine(withName(line, where));
  if (parsed === undefined || !NAME.test(parsed.name)) throw invalid(line, where);
  const { environmentMarkerTree: marker } = parsed;
  const base = {
    name: normalizedName(parsed.name),
    extras: unique((parsed.extras ?? []).map(normalizedName)),
    ...(marker === undefined ? {} : { marker: markerText(marker) }),
    where,
  };
  if (parsed.type === 'ProjectURL') return { ...base, specifiers: [], url: checkRequirementUrl(parsed.url, where) };
  return { ...base, specifiers: unique((parsed.versionSpec ?? []).map((spec) => specifier(spec, line, where))) };
};

/** The requirement as one line: equal requirements give equal text. */
export const requirementText = ({ name, extras, specifiers, url, marker }: Requirement): string => {
  const extra = extras.length === 0 ? '' : `[${extras.join(',')}]`;
  const target = url === undefined ? specifiers.join(',') : ` @ ${url}`;
  const condition = marker === undefined ? '' : `${url === undefined ? '' : ' '}; ${marker}`;
  return `${name}${extra}${target}${condition}`;
};

/** The version of an exact pin such as `==1.2`, or undefined. */
export const pinOf = ({ specifiers }: Pick<Requirement, 'specifiers'>): string | undefined =>
  specifiers.map((text) => /^==([^*=]+)$/.exec(text)?.[1]).find((version) => version !== undefined);

const unique = (texts: readonly string[]): readonly string[] => [...new Set(texts)].sort();

type Parsed = ProjectNameRequirement | ProjectURLRequirement;

/** The library reads no marker behind a URL, so it gets the two one after the other. */
const parseLine = (line: string): Parsed | undefined => {
  const split = /^([^;]*?@\s*\S+)\s+;(.*)$/.exec(line);
  if (split === null) return parsePart(line);
  const [, target = '', marker = ''] = split;
  const [named, conditioned] = [parsePart(target), parsePart(`x ;${marker}`)];
  const tree = conditioned?.environmentMarkerTree;
  return named === undefined || tree === undefined ? undefined : { ...named, environmentMarkerTree: tree };
};

const parsePart = (line: string): Parsed | undefined => {
  try {
    const parsed = parsePipRequirementsLine(line);
    return parsed?.type === 'ProjectName' || parsed?.type === 'ProjectURL' ? parsed : undefined;
  } catch {
    return undefined;
  }
};

/** pip also takes a bare URL or path, whose name is in the URL. */
const withName = (line: string, where: string): string => {
  if (
    !/^(?:[a-z][a-z0-9+.-]*:\/\/|file:|\.{0,2}\/|~\/|[a-z]:[\\/])/i.test(line) &&
    !/\.(?:whl|zip|tar\.gz)$/i.test(line)
  ) {
    return line;
  }
  if (/^[A-Z0-9._-]+\s*(?:\[[^\]]*\])?\s*@/i.test(line)) return line;
  const url = checkRequirementUrl(line, where);
  const name = /[#&]egg=([\w.-]+)/.exec(url)?.[1] ?? /\/([\w.]+)-[^/]*\.whl(?:[#\s]|$)/.exec(url)?.[1];
  if (name === undefined) throw invalid(line, where);
  return `${name} @ ${url}`;
};

const specifier = (
  { operator, version }: { readonly operator: string; readonly version: string },
  line: string,
  where: string,
): string => {
  const wildcard = version.endsWith('.*') ? '.*' : '';
  if (wildcard !== '' && operator !== '==' && operator !== '!=') throw invalid(line, where);
  const normal = clean(version.slice(0, version.length - wildcard.length));
  if (normal === null) throw invalid(line, where);
  // The library puts commas between the parts of a local version.
  return `${operator}${normal.replaceAll(',', '.')}${wildcard}`;
};

const markerText = (marker: EnvironmentMarker, inside?: 'and'): string => {
  if (isLeaf(marker)) {
    return `${operand(marker.left)} ${marker.operator.replace(/\s+/g, ' ')} ${operand(marker.right)}`;
  }
  const { operator } = marker;
  const part = (child: EnvironmentMarker) => markerText(child, operator === 'and' ? 'and' : undefined);
  const text = `${part(marker.left)} ${operator} ${part(marker.right)}`;
  return operator === 'or' && inside === 'and' ? `(${text})` : text;
};

const isLeaf = (marker: EnvironmentMarker): marker is EnvironmentMarkerLeaf =>
  marker.operator !== 'and' && marker.operator !== 'or';

const operand = (text: string): string =>
  text.startsWith("'") && !text.includes('"') ? `"${text.slice(1, -1)}"` : text;

const invalid = (line: string, where: string) =>
  new EnvironmentRefused(
    'requirement-invalid',
    where,
    `is not a requirement that pip would take everywhere (${quoted(line)})`,
    'Write it as in `numpy==2.1.3` or `name @ https://…/file.whl`.',
  );
