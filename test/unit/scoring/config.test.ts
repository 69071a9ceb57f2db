import { describe, expect, it } from 'vitest';
import { readScoringConfig } from '../../../scoring/config.ts';

describe('the scoring settings', () => {
  it.each([
    ['MLFLOW_MODEL_URI', { MLFLOW_MODEL_URI: '/opt/ml/model' }, '/opt/ml/model'],
    ['MLFLOW_MODEL_URI as a URL', { MLFLOW_MODEL_URI: 'file:///opt/ml/model' }, '/opt/ml/model'],
    [
      'AZUREML_MODEL_DIR',
      { AZUREML_MODEL_DIR: '/var/azureml-app', MLFLOW_MODEL_FOLDER: 'model' },
      '/var/azureml-app/model',
    ],
    ['both', { MLFLOW_MODEL_URI: '/a', AZUREML_MODEL_DIR: '/b', MLFLOW_MODEL_FOLDER: 'c' }, '/a'],
  ])('find the model by %s', (_, env, folder) => {
    expect(readScoringConfig(env).modelFolder).toBe(folder);
  });

  it('have defaults for everything else', () => {
    expect(readScoringConfig({ MLFLOW_MODEL_URI: '/m' })).toEqual({
      port: 5001,
      host: '0.0.0.0',
      modelFolder: '/m',
      threads: 1,
      concurrency: 1,
      timeoutMs: 60_000,
      maxBodyBytes: 16_777_216,
      logLevel: 'info',
    });
  });

  it('name every variable that is wrong, without its value', () => {
    const read = () => readScoringConfig({ PORT: 'secret', SCORING_THREADS: '0', MLFLOW_MODEL_URI: '/m' });

    expect(read).toThrow(/PORT.*SCORING_THREADS/s);
    expect(read).not.toThrow(/secret/);
  });
});
