import { readFileSync } from 'node:fs';
import { beforeAll, describe, expect, it } from 'vitest';
import { announceSkip } from '../require-all.ts';
import { startTestStack } from '../stack.ts';
import { pythonEnvironment } from './environment.ts';
import { type Outcome, runPytest } from './pytest.ts';

const PYTHON = new URL('../../peer/python/', import.meta.url);

/** The clients of MLflow that people use: the newest, and the last of the generation before. */
const REQUIREMENTS = { 'MLflow 3': 'requirements-3.txt', 'MLflow 2': 'requirements-2.txt' } as const;

export type PeerClient = keyof typeof REQUIREMENTS;

interface PeerOptions {
  /** Default: the newest alone. */
  readonly clients?: readonly PeerClient[];
  /** Flags of the stack that the tests talk to. */
  readonly flags?: readonly string[];
}

/** What came of a file with one client: its cases, or why there are none. */
interface PeerRun {
  readonly outcomes: readonly Outcome[];
  readonly missing?: string;
}

/**
 * Declares the tests of one Python file as tests of ours: a stack is started, pytest runs the file with each client, and
 * every Python function is one test here, failing with what Python said.
 */
export const peerTests = (file: string, { clients = ['MLflow 3'], flags = [] }: PeerOptions = {}): void => {
  const source = new URL(file, PYTHON);
  const functions = testFunctionsOf(readFileSync(source, 'utf8'));

  describe(file, () => {
    let runs: ReadonlyMap<PeerClient, PeerRun> = new Map();

    beforeAll(async () => {
      runs = await runWithEach(clients, source, flags);
    });

    describe.each(clients)('with the unmodified client of %s', (client) => {
      it.for(functions.map((name) => [sentenceOf(name), name] as const))('%s', ([, name], context) => {
        const { outcomes, missing } = runs.get(client) ?? { outcomes: [] };
        if (missing !== undefined) context.skip(missing);
        const cases = outcomes.filter(({ test }) => test === name);
        expect(cases, 'pytest ran no such test').not.toEqual([]);
        const failed = cases.filter(({ outcome }) => outcome !== 'passed');
        expect(failed.map(({ id, message }) => `${id}\n${message}`).join('\n\n')).toBe('');
      });
    });
  });
};

const runWithEach = async (
  clients: readonly PeerClient[],
  file: URL,
  flags: readonly string[],
): Promise<ReadonlyMap<PeerClient, PeerRun>> => {
  const pythons = new Map<PeerClient, string>();
  const runs = new Map<PeerClient, PeerRun>();
  for (const client of clients) {
    const { python, missing } = await pythonEnvironment(new URL(REQUIREMENTS[client], PYTHON));
    if (python !== undefined) {
      pythons.set(client, python);
      continue;
    }
    announceSkip(`the tests with the client of ${client}`, missing);
    runs.set(client, { outcomes: [], missing });
  }
  if (pythons.size === 0) return runs;
  const stack = await startTestStack({ flags });
  try {
    const { accessToken = '' } = await stack.credentials();
    const env = { ...CLIENT_SETTINGS, ...addressesOf(stack.apiUrl), SLIPWAY_TOKEN: accessToken };
    const each = [...pythons].map(async ([client, python]) => {
      runs.set(client, { outcomes: await runPytest({ python, file, env }) });
    });
    await Promise.all(each);
    // What the server says itself explains more than its log; only its own failure needs that.
    const messages = [...runs.values()].flatMap(({ outcomes }) => outcomes.map(({ message }) => message));
    if (messages.some((message) => message.includes('INTERNAL_ERROR'))) console.error(await stack.tails());
  } finally {
    await stack.remove();
  }
  return runs;
};

/** A server's failure shows at once: by default the client would ask again for minutes. */
const CLIENT_SETTINGS = {
  MLFLOW_HTTP_REQUEST_MAX_RETRIES: '1',
  MLFLOW_HTTP_REQUEST_TIMEOUT: '30',
  MLFLOW_DISABLE_TELEMETRY: 'true',
  DO_NOT_TRACK: 'true',
  GIT_PYTHON_REFRESH: 'quiet',
};

const addressesOf = (url: string) => ({ SLIPWAY_URL: url, MLFLOW_TRACKING_URI: url, MLFLOW_REGISTRY_URI: url });

const testFunctionsOf = (source: string): readonly string[] =>
  [...source.matchAll(/^def (test_\w+)\(/gm)].map(([, name = '']) => name);

const sentenceOf = (name: string): string => name.replace(/^test_/, '').replaceAll('_', ' ');
