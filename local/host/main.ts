import { existsSync } from 'node:fs';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { format, parseArgs } from 'node:util';
import type { LogLevel } from './core-types.ts';
import { describeError, type HostLogLine } from './log.ts';
import { readLocalSettings } from './settings.ts';
import { startHost } from './start-host.ts';

/**
 * The Functions host as a process. App settings are the environment and, behind it, local.settings.json. Prints one
 * JSON line on stdout when it listens; logs go to stderr. SIGTERM and SIGINT drain it and end it with 0.
 */
const run = async (): Promise<void> => {
  const { values: flags } = parseArgs({
    options: {
      port: { type: 'string', default: '7071' },
      host: { type: 'string', default: '127.0.0.1' },
      'data-dir': { type: 'string', default: '.slipway/host' },
      app: { type: 'string', default: 'functions/main.ts' },
      'host-json': { type: 'string' },
      'enforce-keys': { type: 'boolean', default: false },
      'queue-lease-ms': { type: 'string' },
      pretty: { type: 'boolean', default: false },
    },
  });
  const write = flags.pretty ? writePretty : writeJson;
  redirectConsole(write);
  failOnStrayErrors(write);
  const hostJson = pathToFileURL(flags['host-json'] ?? findHostJson(path.resolve(flags.app)));
  const local = await readLocalSettings(new URL('local.settings.json', hostJson));
  const host = await startHost({
    appEntry: flags.app,
    hostJson,
    port: Number(flags.port),
    host: flags.host,
    settings: { ...local, ...(process.env as Record<string, string>) },
    dataDir: flags['data-dir'],
    enforceKeys: flags['enforce-keys'],
    onLog: write,
    ...(flags['queue-lease-ms'] !== undefined && { queueLeaseMs: Number(flags['queue-lease-ms']) }),
  });
  const refused = host.functions.flatMap((indexed) => (indexed.state === 'refused' ? [indexed.name] : []));
  process.stdout.write(
    `${JSON.stringify({ ready: true, url: host.url, functions: host.functions.length, refused })}\n`,
  );
  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    process.once(signal, () => void host.close().finally(() => process.exit(0)));
  }
};

/** Beside the app or above it, where `func` would look when started in that folder. */
const findHostJson = (app: string): string => {
  let folder = path.dirname(app);
  while (!existsSync(path.join(folder, 'host.json')) && path.dirname(folder) !== folder) folder = path.dirname(folder);
  return path.join(folder, 'host.json');
};

const writeJson = (line: HostLogLine): void => {
  process.stderr.write(`${JSON.stringify(line)}\n`);
};

const writePretty = ({ time, level, category, message, durationMs, error }: HostLogLine): void => {
  const duration = durationMs === undefined ? '' : ` ${durationMs} ms`;
  process.stderr.write(`${time.slice(11, 23)} ${level.padEnd(11)} ${category} ${message}${duration}\n`);
  if (error !== undefined) process.stderr.write(`${error}\n`);
};

type Write = (line: HostLogLine) => void;

const hostLine = (level: LogLevel, message: string, error?: unknown): HostLogLine => ({
  time: new Date().toISOString(),
  level,
  category: 'Host.Worker',
  message,
  ...(error !== undefined && { error: describeError(error) }),
});

/** What the app prints must not get between the parent process and the one line it waits for. */
const redirectConsole = (write: Write): void => {
  const levels = { log: 'information', info: 'information', debug: 'debug', warn: 'warning', error: 'error' } as const;
  for (const [method, level] of Object.entries(levels)) {
    console[method as keyof typeof levels] = (...args: unknown[]) => write(hostLine(level, format(...args)));
  }
};

/** An error outside of any invocation leaves the app in an unknown state; the real worker ends as well. */
const failOnStrayErrors = (write: Write): void => {
  for (const event of ['uncaughtException', 'unhandledRejection'] as const) {
    process.on(event, (error: unknown) => {
      write(hostLine('critical', `${event}: the host ends`, error));
      process.exit(1);
    });
  }
};

try {
  await run();
} catch (error) {
  writeJson(hostLine('critical', 'the host cannot start', error));
  process.exit(1);
}
