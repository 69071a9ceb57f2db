import { describe, expect, it } from 'vitest';
import { parseWheelName, type WheelName } from '../../../../shared/packaging/environment/wheels/wheel-name.ts';

describe('the name of a wheel', () => {
  it.each<[string, WheelName]>([
    ['demo-1.0-py3-none-any.whl', { name: 'demo', version: '1.0', build: 0, tags: ['py3-none-any'] }],
    [
      'My_Demo.x-1!2.0rc1+cpu-py3-none-any.whl',
      { name: 'my-demo-x', version: '1!2.0rc1+cpu', build: 0, tags: ['py3-none-any'] },
    ],
    ['demo-1-7-py3-none-any.whl', { name: 'demo', version: '1', build: 7, tags: ['py3-none-any'] }],
    ['demo-1-12abc-py3-none-any.whl', { name: 'demo', version: '1', build: 12, tags: ['py3-none-any'] }],
    ['demo-1-2.post1-py3-none-any.whl', { name: 'demo', version: '1', build: 2, tags: ['py3-none-any'] }],
    [
      'demo-1-py2.py3-none.abi3-any.linux_x86_64.whl',
      {
        name: 'demo',
        version: '1',
        build: 0,
        tags: [
          'py2-none-any',
          'py2-none-linux_x86_64',
          'py2-abi3-any',
          'py2-abi3-linux_x86_64',
          'py3-none-any',
          'py3-none-linux_x86_64',
          'py3-abi3-any',
          'py3-abi3-linux_x86_64',
        ],
      },
    ],
  ])('%s is read whole', (fileName, expected) => {
    expect(parseWheelName(fileName)).toEqual(expected);
  });

  it.each([
    'demo-1-x1-py3-none-any.whl',
    '_demo-1-py3-none-any.whl',
    'demo-1-py3-none-any.whl.metadata',
    'a b-1-py3-none-any.whl',
  ])('is not %s', (fileName) => {
    expect(parseWheelName(fileName)).toBeUndefined();
  });
});
