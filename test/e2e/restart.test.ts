import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { freePorts } from '../../local/demo/free-ports.ts';
import { type Ports, portsInUse } from '../../local/stack/ports.ts';
import { StackDidNotStart, startTestStack } from '../support/stack.ts';
import { processesNaming, stillRunning } from '../support/stack-processes.ts';
import { quickPolicy, type Story, tellStory } from '../support/stack-story.ts';
import { until } from '../support/until.ts';

const MODEL = 'heart';
const ENDPOINT = 'heart';
const MODEL_FILE = new URL('../../examples/diabetes/models/v1/model.onnx', import.meta.url);

const JOURNALS = ['registry', 'endpoints'] as const;

let dataDir: string;
let ports: Ports;
let story: Story;

const start = async (): Promise<void> => {
  story = tellStory(await startTestStack({ dataDir, ports }));
};

/** What users can see of the past, in an order of its own. */
const seen = async () => {
  const { client, stack, champion } = story;
  const journals = await Promise.all(JOURNALS.map((journal) => client.journal(journal)));
  return {
    model: (await stack.call('GET', `/api/2.0/mlflow/registered-models/get?name=${MODEL}`)).json,
    champion: await champion(MODEL),
    // `rev` counts what was noted since, such as that the champion is set.
    rollouts: (await client.rollouts(MODEL)).map((rollout) => ({ ...rollout, rev: undefined })),
    journal: journals
      .flat()
      .map(({ id }) => id)
      .sort(),
  };
};

beforeAll(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'slipway-e2e-'));
  ports = await freePorts();
  await start();
});

beforeEach(({ onTestFailed }) => {
  onTestFailed(async () => console.error(await story.stack.tails()));
});

afterAll(async () => {
  await story.stack.remove();
  await rm(dataDir, { recursive: true, force: true });
});

describe('a stack whose supervisor is killed', () => {
  let before: Awaited<ReturnType<typeof seen>>;

  it('takes all its processes with it and frees its ports', async () => {
    await story.client.request('PUT', '/api/v1/policies/quick', quickPolicy(ENDPOINT, MODEL));
    await story.register(MODEL, 'v1');
    await story.rollout(MODEL, '1', ['Succeeded']);
    before = await seen();
    const processes = story.stack.processes();
    expect(processes.length).toBeGreaterThanOrEqual(5);

    expect(await story.stack.end('SIGKILL')).toBe('SIGKILL');

    await until('its processes to end', () => stillRunning(processes).length === 0, { everyMs: 200 });
    await until('its ports to be free', async () => (await portsInUse(ports)).length === 0);
  });

  it('has everything when it is started again on the same folder', async () => {
    await start();

    expect(await seen()).toEqual(before);
    expect(story.stack.output()).toMatch(/Slipway is up \(\d+\.\d s/);
  });

  it('serves the files of the model again, byte for byte', async () => {
    const answer = await fetch(
      `${story.stack.apiUrl}/model-versions/get-artifact?name=${MODEL}&version=1&path=model.onnx`,
    );

    expect(answer.status).toBe(200);
    expect(Buffer.from(await answer.arrayBuffer()).equals(await readFile(MODEL_FILE))).toBe(true);
  });

  it('answers predictions again', async () => {
    const answer = await until('a prediction', async () => {
      const reply = await story.predict(ENDPOINT);
      return reply.status === 200 && reply;
    });

    expect(answer.json).toHaveLength(1);
  });

  it('rolls out the next version', async () => {
    await story.register(MODEL, 'v2');

    await story.rollout(MODEL, '2', ['Succeeded']);

    expect(await story.champion(MODEL)).toBe('2');
    expect((await story.predict(ENDPOINT)).status).toBe(200);
  });
});

describe('a stack that is asked to end', () => {
  it('stops within 10 s and leaves no process behind', async () => {
    const processes = story.stack.processes();
    const began = performance.now();

    expect(await story.stack.end('SIGTERM')).toBe(0);

    expect(performance.now() - began).toBeLessThan(10_000);
    await until('its processes to end', () => stillRunning(processes).length === 0, { withinMs: 2_000 });
    expect(await portsInUse(ports)).toEqual([]);
  });
});

describe('a stack whose ports are taken', () => {
  it.each(['host', 'azure', 'cosmos', 'blob', 'queue'] as const)(
    'says which when it is the one of %s, and leaves nothing running',
    async (part) => {
      const squatter = createServer();
      await new Promise<void>((resolve) => squatter.listen(ports[part], '127.0.0.1', resolve));

      const failure = await startTestStack({ dataDir, ports }).catch((error: unknown) => error);
      squatter.close();

      expect(failure).toBeInstanceOf(StackDidNotStart);
      const { exit, output } = failure as StackDidNotStart;
      expect(exit).toBe(1);
      expect(output).toContain(`port ${ports[part]} is in use`);
      expect(output).not.toContain('    at ');
      expect(processesNaming(dataDir)).toEqual([]);
    },
  );
});
