import type { EnvironmentSpec } from '../environment-spec.ts';
import type { ListedFile } from '../wheels/wheel-index.ts';
import { parseWheelName } from '../wheels/wheel-name.ts';
import type { BuildFailure } from './classify.ts';

/** Requirements as the resolver gets them, and the wheels that were named by URL. */
export interface ResolverInput {
  readonly requirements: readonly string[];
  readonly files: readonly (ListedFile & { readonly project: string })[];
}

const BY_URL = /^(?<name>[^\s@;[]+)(?<extras>\[[^\]]*\])? @ (?<url>\S+)(?: ?; (?<marker>.*))?$/;

/**
 * Requirements with a URL as pins of the version that the URL has: its file is then offered like one of an index, so
 * that it too is fetched by us and checked.
 */
export const resolverInput = ({
  requirements,
  options,
}: Pick<EnvironmentSpec, 'requirements' | 'options'>): ResolverInput | BuildFailure => {
  if (options.noBinary.length > 0) {
    return noWheel(`building from source is asked for (--no-binary ${options.noBinary.join(',')})`);
  }
  const files: (ListedFile & { readonly project: string })[] = [];
  const lines: string[] = [];
  for (const requirement of requirements) {
    const { name, extras = '', url, marker } = BY_URL.exec(requirement)?.groups ?? {};
    if (name === undefined || url === undefined) {
      lines.push(requirement);
      continue;
    }
    const file = fileAt(url);
    if (file === undefined) return noWheel(`'${name}' comes from a URL that is no wheel`);
    if (file.sha256 === undefined) {
      return {
        kind: 'failed',
        code: 'build-failed',
        message: `'${name}' comes from a URL without a hash, so nobody could say what was installed: end it in '#sha256=<64 hex digits>'`,
      };
    }
    files.push({ ...file, project: name });
    lines.push(`${name}${extras}==${file.version}${marker === undefined ? '' : ` ; ${marker}`}`);
  }
  return { requirements: lines, files };
};

const noWheel = (what: string): BuildFailure => ({
  kind: 'failed',
  code: 'no-wheel',
  message: `${what}, and only wheels are installed here: publish a wheel of it to an index, or build environments with another builder`,
});

const fileAt = (text: string) => {
  const url = URL.parse(text);
  const fileName = decodeURIComponent(url?.pathname.split('/').at(-1) ?? '');
  const version = parseWheelName(fileName)?.version;
  if (url === null || version === undefined) return undefined;
  const sha256 = /(?:^#|&)sha256[=:]([0-9a-f]{64})/i.exec(url.hash)?.[1]?.toLowerCase();
  url.hash = '';
  return { fileName, url: url.href, version, ...(sha256 === undefined ? {} : { sha256 }) };
};
