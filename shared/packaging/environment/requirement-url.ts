import { EnvironmentRefused, quoted } from './environment-refusal.ts';

const PARAMETER = /(?:^|[?&;])([\w.-]+)=/g;
const SECRET = /token|secret|password|passwd|signature|credential|api[_-]?key|^(?:sig|key|pat)$/i;

/** Whether the text holds a URL with a user, a password or a signed query. */
const holdsCredential = (text: string): boolean =>
  /:\/\/[^/?#\s]*@/.test(text.replaceAll(/\bgit\+ssh:\/\/git@/gi, 'git+ssh://')) ||
  (/:\/\//.test(text) && [...text.matchAll(PARAMETER)].some(([, name = '']) => SECRET.test(name))) ||
  // Anaconda puts its token into the path.
  /:\/\/[^/\s]+\/t\/[^/\s]+\//.test(text);

/** @throws EnvironmentRefused `credential-in-requirement` */
export const refuseCredential = (text: string, where: string): void => {
  if (!holdsCredential(text)) return;
  throw new EnvironmentRefused(
    'credential-in-requirement',
    where,
    'holds a URL with a credential in it',
    'Revoke that credential, take it out of the model’s files, and give the index to the installation instead.',
  );
};

const COMMIT = /^[^#]*@[0-9a-f]{40}(?:#|$)/i;

/**
 * The URL of a requirement as it may be fetched: unchanging, and reachable from anywhere.
 *
 * @throws EnvironmentRefused `local-path`, `mutable-vcs` or `requirement-invalid`
 */
export const checkRequirementUrl = (text: string, where: string): string => {
  const scheme = /^([a-z][a-z0-9+.-]+):/i.exec(text)?.[1]?.toLowerCase();
  if (scheme === undefined || scheme === 'file' || scheme.endsWith('+file')) {
    throw new EnvironmentRefused(
      'local-path',
      where,
      `needs a file of the machine the model was logged on (${quoted(text)})`,
      'Publish the package to an index, or log its code with the model by `code_paths=`.',
    );
  }
  if (/^(?:git|hg|svn|bzr)(?:\+|$)/.test(scheme)) {
    if (COMMIT.test(text)) return text;
    throw new EnvironmentRefused(
      'mutable-vcs',
      where,
      `names a branch or tag, which can change (${quoted(text)})`,
      'Name the commit by its 40 hex digits: `name @ git+https://host/repository@<commit>`.',
    );
  }
  if (scheme === 'https' && URL.canParse(text)) return text;
  throw new EnvironmentRefused(
    'requirement-invalid',
    where,
    `names a URL that is not fetched (${quoted(text)})`,
    'Use an https:// URL or a release of an index.',
  );
};

/**
 * The URL of an index in its one spelling: no trailing slash.
 *
 * @throws EnvironmentRefused `unsupported-option`
 */
export const checkIndexUrl = (text: string, where: string): string => {
  const url = URL.parse(text);
  if (url === null || (url.protocol !== 'https:' && url.protocol !== 'http:')) {
    throw new EnvironmentRefused(
      'unsupported-option',
      where,
      `names an index that is no http(s) URL (${quoted(text)})`,
      'Name it by an https:// URL.',
    );
  }
  // From the first slash of a run only: from each of them, many slashes would take minutes.
  return url.href.replace(/(?<!\/)\/+$/, '');
};
