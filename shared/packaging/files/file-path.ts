/** Overlay file systems read files with this prefix as "remove what lower layers have here". */
const WHITEOUT_PREFIX = '.wh.';

const MAX_PATH_BYTES = 1024;

/** Why a relative path may not go into an image layer, as the end of a sentence; undefined when it may. */
export const pathProblem = (path: string): string | undefined => {
  if (path === '') return 'is empty';
  if (Buffer.byteLength(path) > MAX_PATH_BYTES) return `is longer than ${MAX_PATH_BYTES} bytes`;
  if (path.startsWith('/')) return 'is absolute';
  if (path.includes('\\')) return 'has a backslash';
  if (/\p{Cc}/u.test(path)) return 'has a control character';
  const parts = path.split('/');
  if (parts.some((part) => part === '' || part === '.' || part === '..'))
    return 'leaves its folder or has an empty part';
  if (parts.some((part) => part.startsWith(WHITEOUT_PREFIX))) return `has a part that begins with ${WHITEOUT_PREFIX}`;
  return undefined;
};

/** The order of names in a layer: by UTF-8 bytes, which no locale changes. */
export const compareBytes = (a: string, b: string): number => Buffer.compare(Buffer.from(a), Buffer.from(b));
