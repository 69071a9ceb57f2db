import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { announceSkip } from '../../support/require-all.ts';
import { CONFORMANCE_CASES, type ConformanceCase, type Outcome } from '../../support/scoring/conformance-cases.ts';
import { readFixture } from '../../support/scoring/read-fixture.ts';
import {
  makeModels,
  runPython,
  type ServedModel,
  type ServerKind,
  scoringPython,
  serveModel,
} from '../../support/scoring/serving.ts';

/** One model, as a graph and as code, behind each server that can serve it. */
const SERVERS: readonly { readonly name: string; readonly kind: ServerKind; readonly model: string }[] = [
  { name: 'the Node server with the graph', kind: 'node', model: 'graph' },
  { name: 'the Python server with the graph', kind: 'python', model: 'graph' },
  { name: 'the Python server with the code', kind: 'python', model: 'code' },
  { name: "MLflow's own server", kind: 'mlflow', model: 'graph' },
];

const MAX_BODY_BYTES = '100000';

const { python, missing } = await scoringPython();
if (python === undefined) announceSkip('the conformance tests of the scoring servers', missing);

const ask = async (
  { url }: ServedModel,
  { path, method = 'POST', contentType = 'application/json', body }: ConformanceCase,
): Promise<Outcome & { readonly text: string }> => {
  // A Blob has no type of its own, so that none is sent.
  const payload = body === undefined ? {} : { body: new Blob([body]) };
  const headers: Record<string, string> =
    contentType === null || body === undefined ? {} : { 'content-type': contentType };
  const answer = await fetch(`${url}${path}`, { method, headers, ...payload });
  const text = await answer.text();
  const json = jsonOf(text);
  if (answer.status === 200) return { status: 200, body: path === '/version' ? text : (json ?? text), text };
  const { error_code } = (json ?? {}) as { error_code?: string };
  return { status: answer.status, ...(error_code === undefined ? {} : { error_code }), text };
};

const jsonOf = (text: string): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
};

const expectedOf = (kind: ServerKind, { expected, mlflow }: ConformanceCase): Outcome => {
  if (kind !== 'mlflow' || mlflow === undefined) return expected;
  const { reason: _, ...outcome } = mlflow;
  return outcome;
};

const casesFor = (kind: ServerKind): readonly ConformanceCase[] =>
  kind === 'mlflow' ? CONFORMANCE_CASES.filter(({ path }) => path !== '/score' && path !== '/') : CONFORMANCE_CASES;

describe.skipIf(python === undefined)('one table of requests', () => {
  const served = new Map<string, ServedModel>();
  let models: Awaited<ReturnType<typeof makeModels>> | undefined;

  beforeAll(async () => {
    const made = await makeModels(python ?? '');
    models = made;
    const start = async ({ name, kind, model }: (typeof SERVERS)[number]): Promise<void> => {
      const env = { SCORING_MAX_BODY_BYTES: MAX_BODY_BYTES };
      served.set(name, await serveModel({ kind, python: python ?? '', modelFolder: `${made.folder}/${model}`, env }));
    };
    // All have started or failed before any is stopped.
    const failed = (await Promise.allSettled(SERVERS.map(start))).find(({ status }) => status === 'rejected');
    if (failed?.status === 'rejected') throw failed.reason;
  });
  afterAll(async () => {
    await Promise.all([...served.values()].map((server) => server.end('SIGKILL')));
    await models?.remove();
  });

  describe.each(SERVERS)('$name', ({ name, kind }) => {
    it.each(casesFor(kind))('answers $name on $path as the table says', async (request) => {
      const server = served.get(name);
      if (server === undefined) throw new Error('the server is not there');
      const { text, ...outcome } = await ask(server, request);

      expect(outcome, text.slice(0, 500)).toEqual(expectedOf(kind, request));
      expect(text).not.toMatch(kind === 'mlflow' ? /^never$/ : /Traceback|\.py"|stack_trace|node:internal/);
    });
  });

  it.each(SERVERS.filter(({ kind }) => kind !== 'mlflow'))(
    '$name answers 32 callers at once, each its own sum',
    async ({ name }) => {
      const server = served.get(name);
      if (server === undefined) throw new Error('the server is not there');
      const answers = await Promise.all(
        Array.from({ length: 32 }, async (_, at) => {
          const body = `{"inputs":{"a":[${at}],"b":[0.5]}}`;
          return (await ask(server, { name: '', path: '/score', body, expected: { status: 200 } })).body;
        }),
      );

      expect(answers).toEqual(answers.map((_, at) => [{ sum: at + 0.5 }]));
    },
  );
});

interface RecordedCase {
  readonly name: string;
  readonly accepted?: unknown;
  readonly params?: unknown;
  readonly refused?: string;
}

describe.skipIf(python === undefined)('signature enforcement by the Python server', () => {
  const cases = readFixture<RecordedCase>('enforcement');
  let outcomes: readonly unknown[] = [];

  beforeAll(async () => {
    outcomes = (await runPython(python ?? '', 'replay_enforcement.py')).map((line) => JSON.parse(line) as unknown);
  });

  it.each(cases.map((recorded, at) => [recorded.name, recorded, at] as const))(
    'treats %s as MLflow does',
    (name, { accepted, params, refused }, at) => {
      // pandas repeats the only row for every index entry; a request like that is a mistake of the caller.
      const own = name === 'split with an index of another length' ? 'BAD_REQUEST' : refused;

      expect(outcomes[at]).toMatchObject(own === undefined ? { accepted, params } : { refused: own, status: 400 });
    },
  );
});
