import { describe, expect, it } from 'vitest';
import { parseConsoleScripts, scriptText } from '../../../../shared/packaging/environment/wheels/entry-points.ts';

const cli = { name: 'cli', module: 'demo.sub', attribute: 'App.main' };

describe('the commands of a package', () => {
  it.each<[string, string]>([
    ['by themselves', '[console_scripts]\ncli=demo.sub:App.main'],
    ['with windows', '[gui_scripts]\ncli=demo.sub:App.main'],
    ['with spaces anywhere', ' [ console_scripts ] \n  cli  =  demo.sub  :  App.main  [x, y] \n'],
    ['with lines that end as on Windows', '[console_scripts]\r\ncli = demo.sub:App.main\r\n'],
    ['among comments', '# a\n; b\n[console_scripts]\n# c = d:e\n; f = g:h\n\ncli = demo.sub:App.main\n'],
    ['among other groups', 'x\n[other]\nx = y\n[console_scripts]\ncli = demo.sub:App.main\n[more]\nz'],
  ])('are found %s', (_, text) => {
    expect(parseConsoleScripts(text)).toEqual({ scripts: [cli] });
  });

  it('are all that every group names, in order', () => {
    const { scripts } = parseConsoleScripts('[console_scripts]\nb = m:f\na.b-c = m:g\n[gui_scripts]\nc = m:h\n');
    expect(scripts.map(({ name }) => name)).toEqual(['b', 'a.b-c', 'c']);
  });

  it.each([
    'cli',
    'cli = demo',
    'cli = demo:',
    '= demo:main',
    'cli = demo:main #',
    'cli = demo:main ;',
    'cli = demo:main [x] y',
    'cli = demo:main(1)',
    '.cli = demo:main',
    '../cli = demo:main',
    'a cli = demo:main',
    '[cli] = demo:main',
  ])('cannot be read from %j', (line) => {
    expect(parseConsoleScripts(`[console_scripts]\nb = m:f\n${line}\nc = m:g`)).toEqual({
      scripts: [{ name: 'b', module: 'm', attribute: 'f' }],
      invalid: line,
    });
  });

  it('cannot be a line of spaces that keeps the reader busy', () => {
    const line = `a${' '.repeat(100_000)}b`;
    expect(parseConsoleScripts(`[console_scripts]\n${line}`).invalid).toBe(line);
  });
});

describe('the interpreter of a script', () => {
  it.each([
    ['#!python\nx\n', '#!/usr/bin/env python3.11\nx\n'],
    ['#!pythonw -E\r\nx\n', '#!/usr/bin/env python3.11\nx\n'],
    ['#!python\n#!python\n', '#!/usr/bin/env python3.11\n#!python\n'],
    ['x\n#!python\n', 'x\n#!python\n'],
    [' #!python\n', ' #!python\n'],
  ])('in %j is told in its first line alone', (content, expected) => {
    expect(scriptText(content, '3.11')).toBe(expected);
  });
});
