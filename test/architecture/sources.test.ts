import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));

const MAX_LINES = 300;

const IS_SOURCE = /\.(ts|js|mjs|cjs|py|sh|ps1|bicep|yaml|yml|json|md|html|css)$/;
const IS_GENERATED = /(^|\/)(package-lock\.json|fixtures\/|examples\/.*\.json$)/;

/** Every file of the project that people wrote: tracked, or new and not ignored. */
const files = execFileSync('git', ['ls-files', '--cached', '--others', '--exclude-standard'], { cwd: ROOT })
  .toString()
  .split('\n')
  .filter((path) => IS_SOURCE.test(path) && !IS_GENERATED.test(path))
  .flatMap((path) => {
    try {
      return [{ path, text: readFileSync(`${ROOT}${path}`, 'utf8') }];
    } catch {
      // Tracked, and removed since.
      return [];
    }
  });

const code = files.filter(({ path }) => /\.(ts|js|mjs|cjs)$/.test(path) && !path.startsWith('test/'));

describe('the sources', () => {
  it('are there', () => {
    expect(code.length).toBeGreaterThan(100);
  });

  it(`are files of at most ${MAX_LINES} lines`, () => {
    const long = code.filter(({ text }) => text.split('\n').length - 1 > MAX_LINES);

    expect(long.map(({ path }) => path)).toEqual([]);
  });

  it('name no place on the machine they were written on', () => {
    const places = /(?<![\w.{}/-])\/(?:work|root|home\/[a-z]+|Users\/[A-Za-z]+)\/[\w.-]+/;
    const own = 'test/architecture/sources.test.ts';

    expect(files.filter(({ path, text }) => path !== own && places.test(text)).map(({ path }) => path)).toEqual([]);
  });

  it('leave no note about what is still to be done', () => {
    const note = /\b(TO\x44O|FIX\x4dE|X\x58X)\b/;

    expect(code.filter(({ text }) => note.test(text)).map(({ path }) => path)).toEqual([]);
  });

  it('export by name', () => {
    const ours = code.filter(({ path }) => /^(functions|shared|scoring|local|cli)\//.test(path));

    expect(ours.filter(({ text }) => /^export default\b/m.test(text)).map(({ path }) => path)).toEqual([]);
  });

  it('are named in kebab-case', () => {
    const ours = code.filter(({ path }) => /^(functions|shared|scoring|local|cli)\//.test(path));

    expect(
      ours.filter(({ path }) => !/^([a-z0-9-]+\/)+[a-z0-9-]+\.[a-z]+$/.test(path)).map(({ path }) => path),
    ).toEqual([]);
  });
});
