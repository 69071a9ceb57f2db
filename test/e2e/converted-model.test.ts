import { execFile } from 'node:child_process';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { beforeAll, describe, expect, it } from 'vitest';
import { pythonEnvironment } from '../support/python/environment.ts';
import { MODEL_REQUIREMENTS } from '../support/python/train-models.ts';
import { announceSkip } from '../support/require-all.ts';
import { quickPolicy, scoringOf, withStack } from '../support/stack-story.ts';

const LOG_MODEL = fileURLToPath(new URL('../support/python/log_convertible.py', import.meta.url));

const { python = '', missing } = await pythonEnvironment(MODEL_REQUIREMENTS);
if (missing !== undefined) announceSkip('the test of a converted model', missing);
process.env['UV_PATH'] = join(dirname(python), 'uv');
process.env['UV_CACHE_DIR'] = fileURLToPath(new URL('../../.cache/uv', import.meta.url));

describe.skipIf(missing !== undefined)('a model of scikit-learn whose policy says to try a graph', () => {
  const site = withStack();
  const expected: number[] = [];

  beforeAll(async () => {
    const policy = { ...quickPolicy('{model}', 'graph-*'), packaging: { onnx: { convert: 'try' } } };
    await site.story.client.request('PUT', '/api/v1/policies/graph', policy);
    const env = { ...process.env, MLFLOW_TRACKING_URI: site.story.stack.apiUrl, MLFLOW_DISABLE_TELEMETRY: 'true' };
    const { stdout } = await promisify(execFile)(python, [LOG_MODEL], { env });
    expected.push(...(JSON.parse(stdout.trim().split('\n').at(-1) ?? '') as number[]));
  }, 60_000);

  it('goes live without Python, and answers as it did', { timeout: 180_000 }, async () => {
    const { phase, outcome } = await site.story.rollout(
      'graph-heart',
      '1',
      ['Succeeded', 'Failed', 'RolledBack'],
      170_000,
    );
    expect({ phase, outcome }).toMatchObject({ phase: 'Succeeded' });

    const { json } = await site.story.stack.call('GET', '/api/v1/packages/graph-heart/1');
    expect(json.contents).toMatchObject({ server: 'onnx', conversion: { used: true, rows: expect.any(Number) } });
    const { scoringUri, key } = await scoringOf(site.story.arm, 'graph-heart');
    const answer = await fetch(scoringUri, {
      method: 'POST',
      headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
      body: JSON.stringify({
        input_data: {
          columns: ['a', 'b'],
          index: [0, 1, 2],
          data: [
            [1, 2],
            [-1, 3],
            [0.5, -4],
          ],
        },
      }),
    });
    expect(await answer.json()).toEqual(expected);
  });
});
