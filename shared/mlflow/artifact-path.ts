import { invalid } from './invalid.ts';

/** More layers of percent-encoding than this are an attack, not a name. */
const MAX_LAYERS = 8;

/**
 * A path below the root of all artifacts, without empty and `.` segments. `''` is the root itself.
 *
 * However often it is percent-encoded, what comes out cannot leave the root.
 *
 * @param decoded the path after the transport decoded it once
 * @throws SlipwayError INVALID_PARAMETER_VALUE with MLflow's text `Invalid path`
 */
export const artifactPath = (decoded: string): string => {
  const path = segmentsOf(decoded).join('/');
  // Both: what is left out may have hidden what comes after it, as in `./%2f`.
  if (!isSafe(decoded) || !isSafe(path)) throw invalid('Invalid path');
  return path;
};

/** True when no layer of percent-encoding leads out. */
const isSafe = (path: string): boolean => {
  let layer = path;
  for (let depth = 0; depth <= MAX_LAYERS; depth += 1) {
    if (unsafe(layer)) return false;
    const next = percentDecoded(layer);
    if (next === layer) return true;
    layer = next;
  }
  return false;
};

const segmentsOf = (path: string): string[] => path.split('/').filter((segment) => segment !== '' && segment !== '.');

const unsafe = (path: string): boolean =>
  path.startsWith('/') ||
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what is refused
  /[\\#\u0000-\u001f\u007f]/.test(path) ||
  /^([A-Za-z]:|file:)/i.test(path) ||
  !path.isWellFormed() ||
  path.split('/').includes('..');

/** One layer off; what is no percent-encoding stays, as in Python's `unquote`. */
export const percentDecoded = (text: string): string =>
  text.replace(/(?:%[0-9a-f]{2})+/gi, (run) => Buffer.from(run.replaceAll('%', ''), 'hex').toString('utf8'));
