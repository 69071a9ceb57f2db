import { EnvironmentRefused, quoted } from './environment-refusal.ts';

/** Minors of Python 3 before this have no wheels for today's packages. */
const FIRST_MINOR = 8;

/**
 * The minor, such as `3.11`, that a version or conda's `=3.11.7` names.
 *
 * @throws EnvironmentRefused `python-version`
 */
export const pythonMinor = (text: string, where: string): string => {
  const [, digits] = /^(?:={1,3}\s*)?3\.(\d{1,2})(?:\.[\d*][a-z0-9.+]*)?(?:=\S*|\s\w+)?$/.exec(text.trim()) ?? [];
  const minor = Number(digits);
  if (minor >= FIRST_MINOR) return `3.${minor}`;
  throw new EnvironmentRefused(
    'python-version',
    where,
    `names no Python that is served (${quoted(text)})`,
    `Log the model with one version of Python 3.${FIRST_MINOR} or later, as in \`python: 3.11.7\`.`,
  );
};
