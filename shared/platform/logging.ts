import pino from 'pino';

/** Fields every line of one story shares. */
export type LogFields = Readonly<Record<string, string | number | boolean | undefined>>;

/** Structured log. The message is constant text; what varies goes into the fields, and never a payload or secret. */
export interface Logger {
  info(fields: LogFields, message: string): void;
  warn(fields: LogFields, message: string): void;
  error(fields: LogFields, message: string): void;
  /** The same log with these fields on every line. */
  child(fields: LogFields): Logger;
}

/** One JSON object per line, written to `write`; keys that look like credentials are blanked. */
export const createLogger = (
  write: (line: string) => void,
  level: 'debug' | 'info' | 'warn' | 'error' = 'info',
): Logger =>
  pino(
    {
      level,
      base: null,
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
      redact: {
        paths: ['secret', 'token', 'key', 'password', 'authorization', '*.secret', '*.token'],
        censor: '[redacted]',
      },
    },
    { write: (line: string) => write(line.trimEnd()) },
  );

/** A log that says nothing. */
export const silentLogger: Logger = {
  info: () => undefined,
  warn: () => undefined,
  error: () => undefined,
  child: () => silentLogger,
};
