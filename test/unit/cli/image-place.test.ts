import { resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parseImageName, placeFrom } from '../../../cli/image-place.ts';

const DIGEST = `sha256:${'a'.repeat(64)}`;

describe('the name of an image', () => {
  it.each([
    ['oci:out:models/heart:v2', { kind: 'folder', folder: resolve('out') }, 'models/heart', 'v2'],
    ['oci:/a/b:models/heart:v2', { kind: 'folder', folder: '/a/b' }, 'models/heart', 'v2'],
    ['oci:/a:b:models/heart:v2', { kind: 'folder', folder: '/a:b' }, 'models/heart', 'v2'],
    [`oci:out:models/heart@${DIGEST}`, { kind: 'folder', folder: resolve('out') }, 'models/heart', DIGEST],
    ['ghcr.io/team/models/heart:v2', { kind: 'registry', registry: 'ghcr.io' }, 'team/models/heart', 'v2'],
    [`127.0.0.1:5000/heart@${DIGEST}`, { kind: 'registry', registry: '127.0.0.1:5000' }, 'heart', DIGEST],
    ['http://localhost:5000/a:v1', { kind: 'registry', registry: 'http://localhost:5000' }, 'a', 'v1'],
  ])('%s says where it is', (text, place, repository, reference) => {
    expect(parseImageName(text)).toEqual({ place, repository, reference });
  });

  it.each([
    'heart',
    'heart:v2',
    'oci:out',
    'oci:out:v2',
    'ghcr.io/heart',
    'ghcr.io/heart@sha256:12',
    'ghcr.io/Heart:v1',
    '',
  ])("'%s' is refused with an example", (text) => {
    expect(() => parseImageName(text)).toThrow(/`oci:<folder>:models\/heart:v2`/);
  });
});

describe('where an image goes', () => {
  it('is a folder or a registry', () => {
    expect(placeFrom({ output: 'oci:out' })).toEqual({ kind: 'folder', folder: resolve('out') });
    expect(placeFrom({ registry: 'ghcr.io/team' })).toEqual({ kind: 'registry', registry: 'ghcr.io/team' });
  });

  it.each([
    ['neither', {}, '--output'],
    ['both', { output: 'oci:a', registry: 'b' }, 'either'],
    ['no layout', { output: 'a' }, 'oci:<folder>'],
  ])('is asked for when it is %s', (_, flags, words) => {
    expect(() => placeFrom(flags)).toThrow(words);
  });
});
