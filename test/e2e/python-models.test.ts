import { fileURLToPath } from 'node:url';
import { beforeAll, describe, expect, it } from 'vitest';
import { pythonEnvironment } from '../support/python/environment.ts';
import { MODEL_REQUIREMENTS, type TrainedModels, trainModels } from '../support/python/train-models.ts';
import { announceSkip } from '../support/require-all.ts';
import { quickPolicy, scoringOf, withStack } from '../support/stack-story.ts';

const MODELS = ['py-sklearn', 'py-xgboost', 'py-lightgbm', 'py-code', 'py-script'] as const;
/** These ask for the same packages, each in its own words. */
const ALIKE = ['py-xgboost', 'py-lightgbm', 'py-code', 'py-script'] as const;
const FORMS = ['input_data', 'dataframe_split', 'dataframe_records', 'instances', 'inputs', 'csv'] as const;

/** Kept between runs, and outside of what the stack under test keeps. */
const WHEEL_CACHE = fileURLToPath(new URL('../../.cache/wheels', import.meta.url));

const { python, missing } = await pythonEnvironment(MODEL_REQUIREMENTS);
if (missing !== undefined) announceSkip('the tests of Python models', missing);

describe.skipIf(python === undefined)('a model that a data scientist logs with MLflow and nothing else', () => {
  const site = withStack({ flags: ['--wheel-cache', WHEEL_CACHE] });
  let trained: TrainedModels = {};

  beforeAll(async () => {
    await site.story.client.request('PUT', '/api/v1/policies/python', quickPolicy('{model}', 'py-*'));
    trained = await trainModels(python ?? '', site.story.stack.apiUrl);
  }, 120_000);

  const packageOf = async (model: string) => {
    const { json } = await site.story.stack.call('GET', `/api/v1/packages/${model}/1`);
    return json;
  };

  it.each(MODELS)(
    'goes live: %s',
    async (model) => {
      const ends = ['Succeeded', 'Failed', 'RolledBack'];
      const { phase, outcome } = await site.story.rollout(model, '1', ends, 240_000);

      expect({ phase, outcome }).toMatchObject({ phase: 'Succeeded' });
      expect(await site.story.champion(model)).toBe('1');
    },
    250_000,
  );

  describe.each(MODELS)('%s', (model) => {
    it.each(FORMS)('answers 200 rows as MLflow itself does, asked with %s', async (form) => {
      const { expected = [], forms = {} } = trained[model] ?? {};
      const body = forms[form];
      // A scoring script reads its requests itself, and ours knows one form.
      if (body === undefined && model === 'py-script') return;
      const { scoringUri, key } = await scoringOf(site.story.arm, model);

      const answer = await fetch(scoringUri, {
        method: 'POST',
        headers: {
          authorization: `Bearer ${key}`,
          'content-type': typeof body === 'string' ? 'text/csv' : 'application/json',
        },
        body: typeof body === 'string' ? body : JSON.stringify(body),
      });

      const text = await answer.text();
      expect(answer.status, text).toBe(200);
      expect(JSON.parse(text)).toEqual(expected);
      expect(expected).toHaveLength(200);
    });
  });

  it('shares one environment with others that ask for the same packages: it was built once', async () => {
    const { client } = site.story;
    const packages = await Promise.all(ALIKE.map(packageOf));
    const keys = new Set(packages.map(({ contents }) => contents.environment.key));
    const built = await client.journal('registry', 'slipway.environment.built');

    expect(keys.size).toBe(1);
    expect(built.filter(({ data }) => keys.has(data['key'] as string))).toHaveLength(1);
    expect(packages.map(({ contents }) => contents.server)).toEqual(ALIKE.map(() => 'python'));
  });

  it('adds only its own files to the environment, and the package says what is in it', async () => {
    const { sizeBytes, contents, hasExample } = await packageOf('py-sklearn');

    expect(sizeBytes).toBeGreaterThan(100_000_000);
    expect(contents.sentBytes).toBeLessThan(100_000);
    expect(contents.environment.python.used).toBe(contents.environment.python.wanted);
    expect(contents).toMatchObject({ warnings: [], sbom: expect.any(String), provenance: expect.any(String) });
    expect(hasExample).toBe(true);
  });
});
