/** What a caller shows: a secret, and the user name that came with it. */
export interface Credentials {
  readonly user?: string;
  readonly secret: string;
}

const MAX_USER = 100;

/** What may stand in the journal and the log: printable, and not endless. */
const printable = (user: string): string =>
  user
    .replaceAll(/[^\p{L}\p{N}\p{P}\p{S} ]/gu, '')
    .slice(0, MAX_USER)
    .trim();

const withUser = (user: string, secret: string): Credentials | undefined => {
  if (secret === '') return undefined;
  const shown = printable(user);
  return shown === '' ? { secret } : { user: shown, secret };
};

/**
 * Credentials out of an `Authorization` header: Bearer, or Basic with the secret as password, because MLflow clients
 * send either. Undefined when there are none, or none that can be read.
 *
 * @see https://www.rfc-editor.org/rfc/rfc7617 and https://www.rfc-editor.org/rfc/rfc6750
 */
export const readCredentials = (authorization: string | undefined): Credentials | undefined => {
  const [, scheme = '', value = ''] = /^(\S+) +(\S+)\s*$/.exec(authorization ?? '') ?? [];
  if (scheme.toLowerCase() === 'bearer') return withUser('', value);
  if (scheme.toLowerCase() !== 'basic') return undefined;
  const decoded = Buffer.from(value, 'base64').toString('utf8');
  const colon = decoded.indexOf(':');
  return colon < 0 ? undefined : withUser(decoded.slice(0, colon), decoded.slice(colon + 1));
};
