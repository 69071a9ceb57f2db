import { writeFile } from 'node:fs/promises';
import { Command } from 'commander';
import { measure } from '../support/load.ts';
import { machine } from '../support/machine.ts';
import { CALLS } from './calls.ts';
import { sizeOf } from './catalogue.ts';
import { type Row, report } from './report.ts';
import { startBareHost } from './servers/bare-host.ts';
import { mlflowOnPostgres, mlflowOnSqlite } from './servers/mlflow.ts';
import type { Server } from './servers/server.ts';
import { slipway } from './servers/slipway.ts';

/** Our registry beside MLflow's own server: the same calls over HTTP, from the same client, in one run. */
const list = (text: string): number[] => text.split(',').map(Number);

const { sizes, clients, seconds, only, write } = new Command()
  .option('--sizes <versions>', 'model versions in the registry, multiples of 100', list, [100, 10_000, 100_000])
  .option('--clients <n>', 'clients at once', list, [1, 32])
  .option('--seconds <s>', 'for each figure', Number, 5)
  .option('--only <server>', 'one of: slipway, mlflow (SQLite), mlflow (PostgreSQL)')
  .option('--write <file>', 'write the tables into this Markdown file')
  .parse()
  .opts<{ sizes: number[]; clients: number[]; seconds: number; only?: string; write?: string }>();

const progress = (line: string): void => void process.stderr.write(`${line}\n`);

/** Warm-up and measurement of every call with every number of clients. */
const measureServer = async (server: Server, versions: number): Promise<readonly Row[]> => {
  const size = sizeOf(versions);
  progress(`${server.name}: filling ${versions.toLocaleString('en')} versions`);
  const running = await server.start(size);
  const rows: Row[] = [];
  try {
    for (const { name, call } of CALLS) {
      await measure(running.url, (n) => call(n, size), { clients: 4, seconds: 1 });
      for (const count of clients) {
        const measured = await measure(running.url, (n) => call(n, size), { clients: count, seconds });
        rows.push({ ...measured, server: server.name, call: name, versions, clients: count });
        progress(`${server.name}: ${name}, ${count} clients: ${Math.round(measured.perSecond)} requests/s`);
      }
    }
  } finally {
    await running.stop();
  }
  return rows;
};

/** How far anything on the host could come. */
const measureLimit = async (): Promise<string> => {
  const host = await startBareHost();
  try {
    const call = () => ({ method: 'GET', path: '/constant' }) as const;
    await measure(host.url, call, { clients: 4, seconds: 1 });
    const lines: string[] = [];
    for (const count of clients) {
      const { perSecond, p50Ms, p99Ms } = await measure(host.url, call, { clients: count, seconds });
      const figures = `${Math.round(perSecond)} requests/s, p50 ${p50Ms.toFixed(2)} ms, p99 ${p99Ms.toFixed(2)} ms`;
      lines.push(`- bare Functions host answering a constant, ${count} clients: ${figures}`);
    }
    return lines.join('\n');
  } finally {
    await host.stop();
  }
};

const postgres = await mlflowOnPostgres();
if (postgres === undefined) progress('PostgreSQL is not installed: measured without it');
const servers = [slipway, mlflowOnSqlite, ...(postgres === undefined ? [] : [postgres])].filter(
  ({ name }) => only === undefined || name === only,
);

const limit = await measureLimit();
const rows: Row[] = [];
for (const versions of sizes) for (const server of servers) rows.push(...(await measureServer(server, versions)));

const text = [
  `Machine: ${machine()}; ${seconds} s per figure; the load generator runs on the same machine.`,
  '',
  ...servers.map(({ name, description }) => `- ${name}: ${description}`),
  limit,
  '',
  report(rows, slipway.name),
  '',
].join('\n');
process.stdout.write(text);
if (write !== undefined) await writeFile(write, `# Registry, side by side\n\n${text}`);
