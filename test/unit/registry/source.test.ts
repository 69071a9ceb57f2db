import { describe, expect, it } from 'vitest';
import { checkSource, parseModelsUri, resolveArtifactRoot } from '../../../shared/registry/source.ts';

describe('source of a version', () => {
  it.each([
    '/etc/passwd',
    './model',
    'model',
    '../model',
    'file:///etc/passwd',
    'file:model',
    'FILE:/model',
    'C:\\models\\1',
    'C:/models/1',
    '\\\\host\\share',
  ])('is no path of a disk: %s', (source) => {
    expect(() => checkSource(source)).toThrow('To use a local path as a model version source');
  });

  it.each([
    'mlflow-artifacts:/a/../b',
    'mlflow-artifacts:/a/..%2f..%2fb',
    'mlflow-artifacts:/a/%252e%252e/b',
    'mlflow-artifacts:/a/./b',
    'https://host/a/%2e%2e/b',
    's3://bucket/a/..\\b',
    'http://host/%00',
    'models:/../1',
    'runs:/..',
  ])('does not climb: %s', (source) => {
    expect(() => checkSource(source)).toThrow('If supplying a source as an http, https,');
  });

  it.each([
    'mlflow-artifacts:/0/m-1/artifacts',
    'mlflow-artifacts:///a//b/',
    'https://host/path?query=../x#fragment',
    's3://bucket/..../a b',
    'runs:/0123/model',
    'models:/m-0123',
    'models:/name@champion',
    'azureml://subscriptions/1/models/heart/versions/2',
    'dbfs:/100%/zero%zz',
  ])('may be %s', (source) => {
    expect(checkSource(source)).toBe(source);
  });
});

describe('models URI', () => {
  it.each([
    ['models:/m-0123', { kind: 'logged-model', loggedModelId: 'm-0123' }],
    ['models:/heart/3', { kind: 'version', name: 'heart', version: '3' }],
    ['models:/my%20heart/3', { kind: 'version', name: 'my heart', version: '3' }],
    ['models:/heart@champion', { kind: 'alias', name: 'heart', alias: 'champion' }],
    ['models:/heart/Latest', { kind: 'latest', name: 'heart' }],
    ['models:/heart/Production', { kind: 'stage', name: 'heart', stage: 'Production' }],
    ['s3://bucket', undefined],
  ])('%s', (uri, expected) => {
    expect(parseModelsUri(uri)).toEqual(expected);
  });

  it.each(['models:', 'models:/', 'models:/heart', 'models:/heart@', 'models:/a/b/c'])('refuses %s', (uri) => {
    expect(() => parseModelsUri(uri)).toThrow('Not a proper models:/ URI');
  });
});

describe('artifact root', () => {
  it.each([
    ['mlflow-artifacts:/0/models/m-1/artifacts/', { kind: 'artifacts', prefix: '0/models/m-1/artifacts' }],
    ['mlflow-artifacts://us:7071/0/m', { kind: 'artifacts', prefix: '0/m' }],
    ['http://us:7071/api/2.0/mlflow-artifacts/artifacts/0/my%20m', { kind: 'artifacts', prefix: '0/my m' }],
    ['azureml://x/y', { kind: 'azureml', uri: 'azureml://x/y' }],
    [
      'mlflow-artifacts://them:1/0/m',
      { kind: 'unreachable', reason: "'mlflow-artifacts://them:1/0/m' is on another server" },
    ],
    ['https://us/model.zip', { kind: 'unreachable', reason: "'https://us/model.zip' is not an artifact store" }],
    [
      'models:/m-0123',
      {
        kind: 'unreachable',
        reason: expect.stringContaining("'models:/m-0123' was logged to another tracking server"),
      },
    ],
    ['s3://bucket/m', { kind: 'unreachable', reason: "this server has no access to 's3://bucket/m'" }],
    [
      'mlflow-artifacts:/a#b',
      { kind: 'unreachable', reason: "'mlflow-artifacts:/a#b' is not a path of the artifact store" },
    ],
    ['mlflow-artifacts:/', { kind: 'unreachable', reason: "'mlflow-artifacts:/' is not a path of the artifact store" }],
  ])('of %s', (source, expected) => {
    expect(resolveArtifactRoot({ source }, ['us:7071'])).toEqual(expected);
  });

  it('is none of ours for what another server says of its own', () => {
    const originOf = { server: 'research', name: 'heart', version: '7' };

    expect(resolveArtifactRoot({ source: 'mlflow-artifacts:/0/ours', originOf }, ['us:7071'])).toEqual({
      kind: 'unreachable',
      reason: "it is on the origin server 'research'",
    });
  });

  it('is where the files really are', () => {
    expect(resolveArtifactRoot({ source: 'runs:/1/m', location: 'mlflow-artifacts:/0/1/artifacts/m' })).toEqual({
      kind: 'artifacts',
      prefix: '0/1/artifacts/m',
    });
  });
});
