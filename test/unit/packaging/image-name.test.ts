import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { imageTag, repositoryName } from '../../../shared/packaging/image/image-name.ts';

describe('repositoryName', () => {
  it.each([
    ['heart-classifier', 'models/heart-classifier'],
    ['a.b_c-1', 'models/a.b_c-1'],
    ['Heart Classifier', 'models/heart-classifier-GOLDEN'],
    ['team/heart', 'models/team-heart-GOLDEN'],
    ['心臓', 'models/GOLDEN'],
    ['a--b', 'models/a-b-GOLDEN'],
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
