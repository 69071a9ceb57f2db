/** How a registry wants to be asked. */
export type Challenge =
  | { readonly scheme: 'basic' }
  | { readonly scheme: 'bearer'; readonly realm: string; readonly service: string };

/** One scheme, or one parameter with a quoted or a bare value. */
const PART = /([A-Za-z][\w-]*)\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s,"]+))|([A-Za-z][\w-]*)(?=\s+[A-Za-z]|\s*$|\s*,)/g;

/**
 * The challenge of a WWW-Authenticate header that we can answer, bearer before basic; undefined when there is none.
 *
 * @see https://www.rfc-editor.org/rfc/rfc9110#name-www-authenticate
 */
export const parseChallenge = (header: string | readonly string[] | undefined): Challenge | undefined => {
  const found = new Map<string, Map<string, string>>();
  let current = new Map<string, string>();
  for (const [, name, quoted, bare, scheme] of [header ?? []].flat().join(', ').matchAll(PART)) {
    if (scheme !== undefined) {
      current = new Map();
      found.set(scheme.toLowerCase(), current);
    } else if (name !== undefined) {
      current.set(name.toLowerCase(), bare ?? (quoted ?? '').replaceAll(/\\(.)/g, '$1'));
    }
  }
  const bearer = found.get('bearer');
  const realm = bearer?.get('realm');
  if (realm !== undefined) return { scheme: 'bearer', realm, service: bearer?.get('service') ?? '' };
  return found.has('basic') ? { scheme: 'basic' } : undefined;
};
