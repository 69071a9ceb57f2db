import { Agent, request } from 'undici';
import { afterAll, describe, expect, it } from 'vitest';
import { withStack } from '../support/stack-story.ts';

const MLFLOW = '/api/2.0/mlflow';
const CLIENTS = 200;
const MODELS = Array.from({ length: 20 }, (_, index) => `load-${index}`);
const SECONDS = Number(process.env['SLIPWAY_LOAD_SECONDS'] ?? 10);

const site = withStack();
const agent = new Agent({ connections: CLIENTS, headersTimeout: 60_000 });
afterAll(() => agent.close());

interface Registered {
  readonly name: string;
  readonly version: string;
  readonly source: string;
}

interface Answer {
  readonly status: number;
  // biome-ignore lint/suspicious/noExplicitAny: tests compare whatever came with a literal
  readonly json: any;
}

const call = async (method: 'GET' | 'POST', path: string, body?: object): Promise<Answer> => {
  const { statusCode, body: answer } = await request(`${site.story.stack.apiUrl}${MLFLOW}/${path}`, {
    dispatcher: agent,
    method,
    ...(body === undefined ? {} : { headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) }),
  });
  return { status: statusCode, json: await answer.json() };
};

/** Registers one version after the other until the time is over, each from a place that no other came from. */
const registerUntil = async (
  deadline: number,
  client: number,
  registered: Registered[],
  refused: Answer[],
): Promise<void> => {
  for (let turn = 0; Date.now() < deadline; turn += 1) {
    const name = MODELS[(client + turn) % MODELS.length] ?? '';
    const source = `s3://bucket/${client}/${turn}`;
    const answer = await call('POST', 'model-versions/create', { name, source });
    if (answer.status === 200) registered.push({ name, version: answer.json.model_version.version, source });
    else refused.push(answer);
  }
};

const versionsOf = async (name: string): Promise<readonly Registered[]> => {
  const filter = encodeURIComponent(`name = '${name}'`);
  const found: Registered[] = [];
  let token: string | undefined;
  do {
    const page = token === undefined ? '' : `&page_token=${encodeURIComponent(token)}`;
    const { json } = await call('GET', `model-versions/search?filter=${filter}&max_results=10000${page}`);
    for (const { version, source } of json.model_versions ?? []) found.push({ name, version, source });
    token = json.next_page_token;
  } while (token !== undefined);
  return found;
};

const byNumber = (left: Registered, right: Registered): number => Number(left.version) - Number(right.version);

describe(`${CLIENTS} clients that register versions at the same time for ${SECONDS} s`, () => {
  it('lose none of what was acknowledged, get each number once and never an error', { timeout: 300_000 }, async () => {
    for (const name of MODELS) expect((await call('POST', 'registered-models/create', { name })).status).toBe(200);
    const registered: Registered[] = [];
    const refused: Answer[] = [];
    const started = Date.now();

    const deadline = started + SECONDS * 1000;
    await Promise.all(
      Array.from({ length: CLIENTS }, (_, client) => registerUntil(deadline, client, registered, refused)),
    );

    const seconds = (Date.now() - started) / 1000;
    console.log(`${registered.length} versions in ${seconds.toFixed(1)} s, ${refused.length} refused`);
    expect(refused).toEqual([]);
    expect(registered.length).toBeGreaterThan(CLIENTS);
    for (const name of MODELS) {
      const acknowledged = registered.filter((one) => one.name === name).sort(byNumber);
      const found = [...(await versionsOf(name))].sort(byNumber);
      expect(found).toEqual(acknowledged);
      expect(found.map(({ version }) => Number(version))).toEqual(found.map((_, index) => index + 1));
    }
  });
});
