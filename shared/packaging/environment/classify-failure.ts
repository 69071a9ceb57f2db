import type { BuildOutcome } from './environment-builder.ts';
import type { EnvironmentFailure } from './failures.ts';

type Failed = Extract<BuildOutcome, { kind: 'failed' }>;

interface Rule {
  readonly code: EnvironmentFailure;
  readonly sign: RegExp;
  readonly say: (match: RegExpExecArray) => string;
}

const named = (match: RegExpExecArray, otherwise: string): string => {
  const name = match.slice(1).find((part) => part !== undefined);
  return name === undefined ? otherwise : `'${name.trim().slice(0, 120)}'`;
};

/** What pip and uv say, the more telling first. */
const RULES: readonly Rule[] = [
  {
    code: 'hash-mismatch',
    sign: /DO NOT MATCH THE HASHES|Hash mismatch for `?([^`\s]+)|hash(?:es)? (?:did|do) not match/i,
    say: (match) =>
      `A file of the index has another hash than the lock says (${named(match, 'see the log')}). Refresh the environment if the index changed on purpose.`,
  },
  {
    code: 'conflict',
    sign: /ResolutionImpossible|conflicting dependencies|your requirements are unsatisfiable|which is incompatible|Cannot install ([^\n]{1,120}?) because/i,
    say: (match) =>
      `The requirements exclude one another (${named(match, 'see the log')}). Log the model with versions that pip can install together.`,
  },
  {
    code: 'no-wheel',
    sign: /has no wheels? with a matching|no usable wheels|has no (?:usable )?wheels|requires building from source|no wheels for (?:this|your) platform|building source distributions is disabled|Failed to build ([^\n]{1,120})/i,
    say: (match) =>
      `A package has no wheel for this Python on 64-bit Linux (${named(match, 'see the log')}). Pin a version that has one.`,
  },
  {
    code: 'no-matching-version',
    sign: /No matching distribution found for ([^\n]{1,120})|Could not find a version that satisfies the requirement ([^\n(]{1,120})|was not found in the (?:package registry|provided)|there (?:is|are) no versions? of (\S+)/i,
    say: (match) =>
      `The index has nothing that meets ${named(match, 'a requirement')}. Pin a version that it has for this Python.`,
  },
  {
    code: 'timeout',
    sign: /Read ?timed out|operation timed out|deadline exceeded|run timed out/i,
    say: () => 'The build or the index took too long.',
  },
  {
    code: 'network',
    sign: /Temporary failure in name resolution|Name or service not known|Connection (?:refused|reset|aborted)|Max retries exceeded|Network is unreachable|NewConnectionError|error sending request|TLS handshake|50[234] (?:Server Error|Bad Gateway|Service Unavailable)|Failed to fetch: ?`?([^`\s]*)/i,
    say: () => 'The index or the registry could not be reached.',
  },
];

const LAST_LINES = 20;

/** Why a build failed, out of what pip, uv or the builder printed last. */
export const classifyFailure = (log: string): Failed => {
  const text = redacted(log);
  for (const { code, sign, say } of RULES) {
    const match = sign.exec(text);
    if (match !== null) return { kind: 'failed', code, message: say(match), log: lastLines(text) };
  }
  return {
    kind: 'failed',
    code: 'build-failed',
    message: 'The environment could not be built. The last lines of the log say why.',
    log: lastLines(text),
  };
};

/** Users and signatures of URLs never leave the builder. */
export const redacted = (text: string): string =>
  text.replace(/:\/\/[^/\s@]+@/g, '://…@').replace(/([?&](?:sig|token|se|sp|sv)=)[^&\s]+/gi, '$1…');

const lastLines = (text: string): string =>
  text
    .split('\n')
    .map((line) => line.trimEnd())
    .filter((line) => line !== '')
    .slice(-LAST_LINES)
    .join('\n');
