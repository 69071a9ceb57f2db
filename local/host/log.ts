import type { LogLevel } from './core-types.ts';

/** One line of the host's log. */
export interface HostLogLine {
  readonly time: string;
  readonly level: LogLevel;
  /** `Host.…` for the host's own lines, `Function.<name>` for invocations, `Function.<name>.User` for the app's. */
  readonly category: string;
  readonly message: string;
  readonly functionName?: string;
  readonly invocationId?: string;
  readonly durationMs?: number;
  readonly error?: string;
}

type LogFields = Pick<HostLogLine, 'functionName' | 'invocationId' | 'durationMs' | 'error'>;

export type Log = (level: LogLevel, category: string, message: string, fields?: LogFields) => void;

const RANK: Readonly<Record<LogLevel, number>> = {
  trace: 0,
  debug: 1,
  information: 2,
  warning: 3,
  error: 4,
  critical: 5,
  none: 6,
};

/** The level that applies to a category: of the longest configured prefix, else `default`, else information. */
export const levelFor = (levels: Readonly<Record<string, LogLevel>>, category: string): LogLevel => {
  const prefixes = Object.keys(levels).filter((key) => category === key || category.startsWith(`${key}.`));
  const longest = prefixes.sort((a, b) => b.length - a.length)[0];
  return levels[longest ?? 'default'] ?? 'information';
};

/** A logger that drops what host.json's `logging.logLevel` says to drop. */
export const createLog = (levels: Readonly<Record<string, LogLevel>>, sink: (line: HostLogLine) => void): Log => {
  const thresholds = new Map<string, number>();
  return (level, category, message, fields = {}) => {
    let threshold = thresholds.get(category);
    if (threshold === undefined) {
      threshold = RANK[levelFor(levels, category)];
      thresholds.set(category, threshold);
    }
    if (RANK[level] >= threshold) sink({ time: new Date().toISOString(), level, category, message, ...fields });
  };
};

/** Any thrown value as text with its stack, for a log line. */
export const describeError = (error: unknown): string =>
  error instanceof Error ? (error.stack ?? error.message) : String(error);
