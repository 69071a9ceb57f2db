import { isSlipwayError } from '../../../platform/errors.ts';
import type { EnvironmentFailure } from '../failures.ts';
import { WheelRefused } from '../wheels/wheel-refused.ts';

/** Why there is no environment. */
export interface BuildFailure {
  readonly kind: 'failed';
  readonly code: EnvironmentFailure;
  /** One sentence. */
  readonly message: string;
  /** Last lines of the resolver. */
  readonly log?: string;
}

const MAX_MESSAGE = 700;
const LOG_LINES = 20;

/** In this order: what a resolver says about one thing often holds the words for another. */
const PATTERNS: readonly (readonly [EnvironmentFailure, RegExp])[] = [
  ['network', /error sending request|failed to fetch|connection (?:refused|reset)|timed out|status (?:5\d\d|429)/i],
  ['hash-mismatch', /hash mismatch/i],
  [
    'no-wheel',
    /no wheels? with a matching|no usable wheels|wheels are required|no matching wheel|building .* is disabled/i,
  ],
  ['yanked', /(?:was|were|is|are) yanked/i],
  [
    'no-matching-version',
    /there (?:is|are) no versions? of|was not found in the package registry|not found in the provided/i,
  ],
  ['python-unavailable', /does not satisfy Python|requires? Python|Requires-Python/i],
  ['conflict', /depends on|unsatisfiable|conflicting/i],
];

/** What uv's complaint means; its own words are kept, because they name the packages. */
export const classifyUv = (stderr: string): BuildFailure => {
  const text = plain(stderr);
  const code = PATTERNS.find(([, pattern]) => pattern.test(text))?.[0] ?? 'build-failed';
  return { kind: 'failed', code, message: `the packages cannot be resolved: ${causeOf(text)}`, log: lastLines(text) };
};

/** A failure of an index, a cache or a wheel; anything else is thrown on. */
export const classifyThrown = (cause: unknown): BuildFailure => {
  if (cause instanceof WheelRefused) return { kind: 'failed', code: cause.code, message: cause.message };
  if (!isSlipwayError(cause)) throw cause;
  switch (cause.code) {
    case 'TEMPORARILY_UNAVAILABLE':
    case 'REQUEST_LIMIT_EXCEEDED':
      return { kind: 'failed', code: 'network', message: cause.message };
    case 'PERMISSION_DENIED':
    case 'INVALID_PARAMETER_VALUE':
    case 'PAYLOAD_TOO_LARGE':
    case 'RESOURCE_DOES_NOT_EXIST':
      return { kind: 'failed', code: 'build-failed', message: cause.message };
    default:
      throw cause;
  }
};

/** Without colours, and without whatever follows `://` and could be a credential. */
const plain = (text: string): string =>
  // biome-ignore lint/suspicious/noControlCharactersInRegex: that is what colours are made of
  text.replaceAll(/\u001b\[[0-9;]*m/g, '').replaceAll(/:\/\/[^\s/@]+@/g, '://…@');

const causeOf = (text: string): string => {
  const joined = text
    .split(/\n\s*\n|\nhint:/)[0]
    ?.replace(/^[\s\S]*?(?:cause:|╰─▶)/, '')
    .replace(/^error:\s*/, '')
    .replaceAll(/\s+/g, ' ')
    .trim();
  const cause = joined === undefined || joined === '' ? 'the resolver did not say why' : joined;
  return cause.length > MAX_MESSAGE ? `${cause.slice(0, MAX_MESSAGE)}…` : cause;
};

const lastLines = (text: string): string => text.trim().split('\n').slice(-LOG_LINES).join('\n');
