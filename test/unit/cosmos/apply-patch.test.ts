import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { applyPatch, parsePatch } from '../../../local/cosmos/items/apply-patch.ts';

describe('applying a patch', () => {
  it('never changes the document that it is applied to', () => {
    const operation = fc.record({
      op: fc.constantFrom('add', 'set'),
      path: fc.constantFrom('/a', '/b/c', '/list/0', '/list/-'),
      value: fc.jsonValue(),
    });
    fc.assert(
      fc.property(fc.array(operation, { minLength: 1, maxLength: 10 }), (operations) => {
        const document = { id: 'x', a: 1, b: {}, list: [1, 2] };
        applyPatch(document, parsePatch(operations).operations);
        expect(document).toEqual({ id: 'x', a: 1, b: {}, list: [1, 2] });
      }),
    );
  });

  it('makes a property called __proto__ a property and nothing else', () => {
    const patched = applyPatch({ id: 'x' }, [{ op: 'set', path: '/__proto__', value: { polluted: true } }]);
    expect(Object.hasOwn(patched, '__proto__')).toBe(true);
    expect(({} as { polluted?: boolean }).polluted).toBeUndefined();
  });

  it.each([
    ['nothing', []],
    ['an unknown operation', [{ op: 'test', path: '/a', value: 1 }]],
    ['the root as a path', [{ op: 'set', path: '/', value: 1 }]],
    ['a path without a slash', [{ op: 'set', path: 'a', value: 1 }]],
    ['text to increment by', [{ op: 'incr', path: '/a', value: '1' }]],
  ])('refuses %s with 400', (_name, body) => {
    expect(() => parsePatch(body)).toThrow(expect.objectContaining({ status: 400 }));
  });
});
