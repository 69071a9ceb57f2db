import { stripVTControlCharacters } from 'node:util';

/** A line for whoever reads the result, person or program. */
export const say = (line = ''): void => void process.stdout.write(`${line}\n`);

/** A line for the person at the terminal alone. */
export const warn = (line: string): void => void process.stderr.write(`${line}\n`);

/** Text of a model as it may be shown: without what would move the cursor, colour or hide something. */
export const plain = (text: string): string => stripVTControlCharacters(text).replace(/[\p{Cc}\p{Cf}]/gu, '\ufffd');

/** Columns to write in: the terminal's, at most what reads well. */
export const lineWidth = (): number => Math.max(40, Math.min(process.stdout.columns ?? 100, 100));

/** Lines of at most this many characters, broken between words; a longer word, such as a digest, stays whole. */
export const wrapped = (text: string, width: number): readonly string[] => {
  const lines: string[] = [];
  let rest = text;
  while (rest.length > width) {
    const before = rest.lastIndexOf(' ', width);
    const end = before > 0 ? before : rest.indexOf(' ', width);
    if (end < 0) break;
    lines.push(rest.slice(0, end));
    rest = rest.slice(end + 1);
  }
  return [...lines, rest];
};

const UNITS = ['B', 'KiB', 'MiB', 'GiB', 'TiB'];

/** Such as `7.0 KiB`. */
export const sizeText = (bytes: number): string => {
  const unit = bytes < 1 ? 0 : Math.min(Math.floor(Math.log2(bytes) / 10), UNITS.length - 1);
  return `${unit === 0 ? bytes : (bytes / 1024 ** unit).toFixed(1)} ${UNITS[unit]}`;
};

/** Such as `1 file` or `3 files`. */
export const countText = (count: number, thing: string): string =>
  `${count.toLocaleString('en')} ${thing}${count === 1 ? '' : 's'}`;

const SHOWN_AFTER_MS = 2_000;

/** Does something, and says how it gets on once that takes more than two seconds, if a person is watching. */
export const withProgress = async <T>(
  what: string,
  work: (progress: (line: string) => void) => Promise<T>,
): Promise<T> => {
  if (!process.stderr.isTTY) return work(() => undefined);
  const began = performance.now();
  let now = what;
  const timer = setInterval(() => {
    const elapsed = performance.now() - began;
    if (elapsed < SHOWN_AFTER_MS) return;
    const width = process.stderr.columns;
    process.stderr.write(`\r\x1b[K${`${now} ${Math.round(elapsed / 1_000)} s`.slice(0, width - 1)}`);
  }, 500);
  try {
    return await work((line) => {
      now = line;
    });
  } finally {
    clearInterval(timer);
    if (performance.now() - began >= SHOWN_AFTER_MS) process.stderr.write('\r\x1b[K');
  }
};
