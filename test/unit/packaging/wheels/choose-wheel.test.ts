import { describe, expect, it } from 'vitest';
import { pythonsToTry } from '../../../../shared/packaging/environment/resolve/choose-python.ts';
import { parseIndexPage } from '../../../../shared/packaging/environment/wheels/parse-index-page.ts';
import { bestWheel } from '../../../../shared/packaging/environment/wheels/platform-tags.ts';
import { parseWheelName } from '../../../../shared/packaging/environment/wheels/wheel-name.ts';

describe('the wheel that is taken', () => {
  it.each<[string, readonly string[], string | undefined]>([
    [
      'the newest platform first',
      ['a-1-cp311-cp311-manylinux_2_17_x86_64.whl', 'a-1-cp311-cp311-manylinux_2_28_x86_64.whl'],
      'a-1-cp311-cp311-manylinux_2_28_x86_64.whl',
    ],
    [
      'compiled before pure',
      ['a-1-py3-none-any.whl', 'a-1-cp311-cp311-manylinux2014_x86_64.whl'],
      'a-1-cp311-cp311-manylinux2014_x86_64.whl',
    ],
    [
      'its own before the stable interface',
      ['a-1-cp39-abi3-manylinux2014_x86_64.whl', 'a-1-cp311-cp311-manylinux1_x86_64.whl'],
      'a-1-cp311-cp311-manylinux1_x86_64.whl',
    ],
    [
      'the stable interface of an older Python',
      ['a-1-cp39-abi3-manylinux2014_x86_64.whl'],
      'a-1-cp39-abi3-manylinux2014_x86_64.whl',
    ],
    ['several tags in one name', ['a-1-py2.py3-none-any.whl'], 'a-1-py2.py3-none-any.whl'],
    ['the later build', ['a-1-1-py3-none-any.whl', 'a-1-2-py3-none-any.whl'], 'a-1-2-py3-none-any.whl'],
    ['none of another Python', ['a-1-cp312-cp312-manylinux_2_17_x86_64.whl'], undefined],
    ['none of a newer stable interface', ['a-1-cp312-abi3-manylinux_2_17_x86_64.whl'], undefined],
    ['none without the global lock', ['a-1-cp311-cp311t-manylinux_2_17_x86_64.whl'], undefined],
    [
      'none for another system',
      [
        'a-1-cp311-cp311-win_amd64.whl',
        'a-1-cp311-cp311-musllinux_1_2_x86_64.whl',
        'a-1-cp311-cp311-manylinux_2_17_aarch64.whl',
      ],
      undefined,
    ],
    ['none that needs a newer C library', ['a-1-cp311-cp311-manylinux_2_34_x86_64.whl'], undefined],
    ['no source', ['a-1.tar.gz'], undefined],
  ])('is %s', (_, files, expected) => {
    expect(
      bestWheel(
        files.map((fileName) => ({ fileName })),
        '3.11',
      )?.fileName,
    ).toBe(expected);
    expect(
      bestWheel(
        files.toReversed().map((fileName) => ({ fileName })),
        '3.11',
      )?.fileName,
    ).toBe(expected);
  });

  it.each(['a.whl', 'a-1.whl', '../a-1-py3-none-any.whl', 'a-1-py3-none-any.zip', ''])('is none named %j', (name) => {
    expect(parseWheelName(name)).toBeUndefined();
  });
});

describe('the Python that is used', () => {
  it.each<[string, readonly string[], readonly string[]]>([
    ['3.11', ['3.10', '3.11', '3.12'], ['3.11']],
    ['3.9', ['3.10', '3.11', '3.12'], ['3.10', '3.11', '3.12']],
    ['3.11', ['3.10', '3.12', '3.13'], ['3.12', '3.10', '3.13']],
    ['3.14', ['3.8', '3.13'], ['3.13', '3.8']],
    ['3.11', [], []],
  ])('for %s with %j is tried in the order %j', (wanted, available, order) => {
    expect(pythonsToTry(wanted, available)).toEqual(order);
  });
});

describe('a page of an index', () => {
  const HASH = 'a'.repeat(64);

  it('says the same as JSON and as HTML', () => {
    const html = `<!DOCTYPE html><html><body>
<a href="../../files/a-1-py3-none-any.whl#sha256=${HASH}" data-requires-python="&gt;=3.8" data-yanked="broken &amp; old" data-core-metadata="sha256=x">a-1-py3-none-any.whl</a><br/>
<a href="https://other.example/a-1.tar.gz">a-1.tar.gz</a></body></html>`;
    const json = JSON.stringify({
      files: [
        {
          filename: 'a-1-py3-none-any.whl',
          url: '/files/a-1-py3-none-any.whl',
          hashes: { sha256: HASH },
          'requires-python': '>=3.8',
          yanked: 'broken & old',
          'core-metadata': { sha256: 'x' },
        },
        { filename: 'a-1.tar.gz', url: 'https://other.example/a-1.tar.gz', hashes: {} },
      ],
    });
    const expected = [
      {
        fileName: 'a-1-py3-none-any.whl',
        url: 'https://index.example/files/a-1-py3-none-any.whl',
        sha256: HASH,
        requiresPython: '>=3.8',
        yanked: 'broken & old',
        hasMetadata: true,
      },
    ];
    expect(parseIndexPage(html, 'https://index.example/simple/a/')).toEqual(expected);
    expect(parseIndexPage(json, 'https://index.example/simple/a/')).toEqual(expected);
  });

  it.each(['', 'not found', '{"files": 1}', '{'])('that is none (%j) is no page', (text) => {
    expect(() => parseIndexPage(text, 'https://index.example/simple/a/')).toThrow(/./);
  });
});
