import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { imageReference, imageTag, repositoryName } from '../../../shared/packaging/image/image-name.ts';

describe('repositoryName', () => {
  it.each([
    ['heart-classifier', 'models/heart-classifier'],
    ['a.b_c-1', 'models/a.b_c-1'],
    ['Heart Classifier', 'models/heart-classifier-GOLDEN'],
    ['team/heart', 'models/team-heart-GOLDEN'],
    ['心臓', 'models/GOLDEN'],
    ['a--b', 'models/a-b-GOLDEN'],
    ['--heart--', 'models/heart-GOLDEN'],
    ['x'.repeat(200), `models/${'x'.repeat(200)}`],
    ['x'.repeat(201), `models/${'x'.repeat(200)}-GOLDEN`],
    [`${'x'.repeat(199)} y`, `models/${'x'.repeat(199)}-GOLDEN`],
  ])('is for %j: %s', (name, expected) => {
    const [before, after] = expected.split('GOLDEN');
    const repository = repositoryName(name);

    expect(after === undefined ? repository : repository.replace(/[0-9a-f]{8}$/, '')).toBe(before);
  });

  it('is always a name that registries take', () => {
    fc.assert(
      fc.property(fc.string({ minLength: 1, maxLength: 400, unit: 'grapheme' }), (name) => {
        expect(repositoryName(name)).toMatch(/^models\/[a-z0-9]+(?:[._-][a-z0-9]+)*$/);
      }),
    );
  });

  it('differs for names that are the same without case and punctuation', () => {
    expect(new Set(['Heart', 'heart', 'heart!', 'HEART'].map((name) => repositoryName(name))).size).toBe(4);
  });

  it('has a tag for people beside it', () => {
    expect(imageTag('12')).toBe('v12');
  });
});

describe('imageReference', () => {
  it.each([
    ['env/mlflow:v12', 'env/mlflow', 'v12'],
    ['env/mlflow@sha256:0ab1', 'env/mlflow', 'sha256:0ab1'],
    ['env/mlflow:v12@sha256:0ab1', 'env/mlflow', 'sha256:0ab1'],
    ['env/mlflow', 'env/mlflow', 'latest'],
    ['e', 'e', 'latest'],
    ['my.azurecr.io/base/node:24', 'base/node', '24'],
    ['my.azurecr.io/base/node@sha256:0ab1', 'base/node', 'sha256:0ab1'],
    ['localhost:5000/base/node:24', 'localhost:5000/base/node', '24'],
    ['localhost:5000/base/node', 'localhost:5000/base/node', 'latest'],
    // The registry says what is wrong with these.
    ['', '', 'latest'],
    [':v12', ':v12', 'latest'],
    ['env/mlflow@', 'env/mlflow@', 'latest'],
  ])('is for %j: %j, %j', (text, repository, reference) => {
    expect(imageReference(text, 'my.azurecr.io')).toEqual({ repository, reference });
  });
});
