import { existsSync, globSync } from 'node:fs';
import { chown, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { freePort } from '../../../local/free-port.ts';
import { pythonEnvironment } from '../../support/python.ts';
import { run, type Serving, serve } from '../../support/run.ts';
import type { Size } from '../catalogue.ts';
import type { RunningServer, Server } from './server.ts';

const REQUIREMENTS = new URL('../requirements.txt', import.meta.url);
const FILL = fileURLToPath(new URL('../fill_mlflow.py', import.meta.url));
const WORKERS = 4;

const startOn = async (storeUri: string, size: Size): Promise<RunningServer> => {
  const bin = await pythonEnvironment(REQUIREMENTS);
  await run(join(bin, 'python'), [FILL, storeUri, String(size.models)]);
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  const args = ['server', '--backend-store-uri', storeUri, '--port', String(port), '--workers', String(WORKERS)];
  const server = await serve(join(bin, 'mlflow'), args, {
    env: { PATH: `${bin}:${process.env['PATH']}`, MLFLOW_DISABLE_TELEMETRY: 'true' },
    readyUrl: `${url}/health`,
  });
  return { url, stop: () => server.stop() };
};

/** MLflow's server with the store it uses when nothing else is said. */
export const mlflowOnSqlite: Server = {
  name: 'mlflow (SQLite)',
  description: `mlflow server of requirements.txt, ${WORKERS} workers, SQLite`,
  async start(size) {
    const folder = await mkdtemp(join(tmpdir(), 'mlflow-bench-'));
    const running = await startOn(`sqlite:///${folder}/mlflow.db`, size);
    return {
      url: running.url,
      async stop() {
        await running.stop();
        await rm(folder, { recursive: true, force: true });
      },
    };
  },
};

const postgresBin = (): string | undefined =>
  globSync('/usr/lib/postgresql/*/bin').find((bin) => existsSync(`${bin}/initdb`));

/** MLflow's server on PostgreSQL, where that is installed; undefined elsewhere. */
export const mlflowOnPostgres = async (): Promise<Server | undefined> => {
  const bin = postgresBin();
  if (bin === undefined) return undefined;
  const { stdout } = await run(join(bin, 'postgres'), ['--version']);
  return {
    name: 'mlflow (PostgreSQL)',
    description: `mlflow server of requirements.txt, ${WORKERS} workers, ${stdout.trim()}, its default settings`,
    async start(size) {
      const folder = await mkdtemp(join(tmpdir(), 'postgres-bench-'));
      const postgres = await startPostgres(bin, folder);
      const storeUri = `postgresql+psycopg2://bench@127.0.0.1:${postgres.port}/bench`;
      const running = await startOn(storeUri, size).catch(async (error: unknown) => {
        await postgres.stop();
        throw error;
      });
      return {
        url: running.url,
        async stop() {
          await running.stop();
          await postgres.stop();
          await rm(folder, { recursive: true, force: true });
        },
      };
    },
  };
};

/** PostgreSQL refuses to run as root, so root runs it as the user that its package made. */
const startPostgres = async (bin: string, folder: string): Promise<{ port: number; stop(): Promise<void> }> => {
  const data = join(folder, 'data');
  const port = await freePort();
  const isRoot = process.getuid?.() === 0;
  if (isRoot) {
    const { stdout } = await run('id', ['-u', 'postgres']);
    await chown(folder, Number(stdout), -1);
  }
  const asOwner = (program: string, args: readonly string[]) =>
    isRoot ? run('runuser', ['-u', 'postgres', '--', join(bin, program), ...args]) : run(join(bin, program), args);
  await asOwner('initdb', ['-D', data, '-U', 'bench', '--auth=trust', '--encoding=UTF8']);
  await asOwner('pg_ctl', ['-D', data, '-w', '-l', join(folder, 'log'), '-o', `-p ${port} -k ${folder}`, 'start']);
  const serving: Pick<Serving, 'stop'> = {
    stop: async () => void (await asOwner('pg_ctl', ['-D', data, '-m', 'immediate', 'stop'])),
  };
  await asOwner('createdb', ['-h', '127.0.0.1', '-p', String(port), '-U', 'bench', 'bench']);
  return { port, stop: serving.stop };
};
