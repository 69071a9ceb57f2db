import { describe, expect, it } from 'vitest';
import { formatRecord, parseRecord, type RecordRow } from '../../../../shared/packaging/environment/wheels/record.ts';

const HEX = '0f'.repeat(32);
const HASH = Buffer.from(HEX, 'hex').toString('base64url');

describe('a line of RECORD', () => {
  it.each<[string, RecordRow]>([
    [`a.py,sha256=${HASH},12`, { path: 'a.py', sha256: HEX, size: 12 }],
    [`a.py,sha256=${HASH}=,0`, { path: 'a.py', sha256: HEX, size: 0 }],
    [`./a.py,sha256=${HASH},12`, { path: 'a.py', sha256: HEX, size: 12 }],
    [`"a,""b"".py",sha256=${HASH},12`, { path: 'a,"b".py', sha256: HEX, size: 12 }],
    ['a.py,,', { path: 'a.py' }],
    ['a.py', { path: 'a.py' }],
    ['a.py,,7', { path: 'a.py', size: 7 }],
    [`a.py,md5=${HASH},7`, { path: 'a.py', size: 7 }],
    [`a.py,xsha256=${HASH},7`, { path: 'a.py', size: 7 }],
    [`a.py,sha256=${HASH}=x,7`, { path: 'a.py', size: 7 }],
    [`a.py,sha256=${HASH}===,7`, { path: 'a.py', size: 7 }],
    ['a.py,sha256=,7', { path: 'a.py', size: 7 }],
    [`a.py,sha256=${HASH},x7`, { path: 'a.py', sha256: HEX }],
    [`a.py,sha256=${HASH},7x`, { path: 'a.py', sha256: HEX }],
    [`a.py,sha256=${HASH},-7`, { path: 'a.py', sha256: HEX }],
  ])('%s is read as %j', (line, row) => {
    expect([...parseRecord(`${line}\n`)]).toStrictEqual([[row.path, row]]);
  });

  it('ends as on any system, and may be empty', () => {
    expect([...parseRecord('a,,1\r\n\nb,,2\n').values()]).toEqual([
      { path: 'a', size: 1 },
      { path: 'b', size: 2 },
    ]);
  });

  it.each<[RecordRow, string]>([
    [{ path: 'a.py', sha256: HEX, size: 12 }, `a.py,sha256=${HASH},12\n`],
    [{ path: 'RECORD' }, 'RECORD,,\n'],
    [{ path: 'a,b', size: 0 }, '"a,b",,0\n'],
    [{ path: 'a"b' }, '"a""b",,\n'],
    [{ path: 'a b' }, 'a b,,\n'],
  ])('says of %j no more than it must', (row, line) => {
    expect(formatRecord([row, row])).toBe(line + line);
  });
});
