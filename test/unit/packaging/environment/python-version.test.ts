import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { EnvironmentRefused } from '../../../../shared/packaging/environment/environment-refusal.ts';
import { pythonMinor } from '../../../../shared/packaging/environment/python-version.ts';

describe('the minor of Python', () => {
  it.each([
    ['3.8', '3.8'],
    ['3.10', '3.10'],
    ['3.11.7', '3.11'],
    ['3.11.17', '3.11'],
    ['3.11.*', '3.11'],
    ['3.13.0rc1', '3.13'],
    ['3.12.0+local.1', '3.12'],
    ['=3.11', '3.11'],
    ['==3.11.7', '3.11'],
    ['===3.11.7', '3.11'],
    ['= 3.11', '3.11'],
    ['  3.11  ', '3.11'],
    ['3.11.7=h955ad1f_0_cpython', '3.11'],
    ['=3.11=h955ad1f_0', '3.11'],
    ['3.11.7 h955ad1f_0', '3.11'],
  ])('%j names %s', (text, minor) => {
    expect(pythonMinor(text, 'here')).toBe(minor);
  });

  it('is named by every release from 3.8 on', () => {
    fc.assert(
      fc.property(fc.integer({ min: 8, max: 99 }), fc.nat(200), (minor, patch) => {
        expect(pythonMinor(`3.${minor}.${patch}`, 'here')).toBe(`3.${minor}`);
      }),
    );
  });

  it.each([
    '',
    '3',
    '3.',
    '3.*',
    '3.7.17',
    '2.7.18',
    '4.0',
    '13.11',
    '3.100',
    '>=3.9',
    '!=3.9',
    '~=3.9',
    '====3.9',
    '3.9,<3.12',
    '3.9.1,<3.12',
    '3.9 or 3.10',
    '3.9|3.10',
    '3.9x',
    '3.9.x',
    '3.9.1_0',
    'pypy3.9',
    'python 3.9',
  ])('%j names none', (text) => {
    expect(() => pythonMinor(text, 'here')).toThrow(EnvironmentRefused);
  });

  it('is asked for in a sentence that says where', () => {
    expect(() => pythonMinor('3.7', 'conda.yaml')).toThrow(
      /^conda\.yaml names no Python that is served \('3\.7'\)\. .*3\.8/,
    );
  });
});
