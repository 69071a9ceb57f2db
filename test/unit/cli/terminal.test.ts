import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { countText, plain, sizeText, wrapped } from '../../../cli/terminal.ts';

describe('text for the terminal', () => {
  it.each([
    [0, '0 B'],
    [1, '1 B'],
    [1023, '1023 B'],
    [1024, '1.0 KiB'],
    [1_572_864, '1.5 MiB'],
    [9 * 1024 ** 3, '9.0 GiB'],
    [3 * 1024 ** 5, '3072.0 TiB'],
  ])('shows %s bytes as %s', (bytes, text) => {
    expect(sizeText(bytes)).toBe(text);
  });

  it.each([
    [1, '1 file'],
    [0, '0 files'],
    [12_345, '12,345 files'],
  ])('counts %s', (count, text) => {
    expect(countText(count, 'file')).toBe(text);
  });

  it.each([
    ['colours', '\u001b[31mred\u001b[0m', 'red'],
    ['line breaks', 'a\r\nb', 'a\ufffd\ufffdb'],
    ['the bell', 'a\u0007', 'a\ufffd'],
    ['letters that turn the direction', 'a\u202eb', 'a\ufffdb'],
  ])('of a model is shown without %s', (_, text, shown) => {
    expect(plain(text)).toBe(shown);
  });

  it('is broken between words, and loses none of them', () => {
    expect(wrapped('one two three', 7)).toEqual(['one two', 'three']);
    expect(wrapped(`see ${'x'.repeat(9)} now`, 5)).toEqual(['see', 'xxxxxxxxx', 'now']);
    fc.assert(
      fc.property(fc.array(fc.stringMatching(/^[a-z]{1,12}$/)), fc.integer({ min: 1, max: 20 }), (words, width) => {
        expect(wrapped(words.join(' '), width).join(' ')).toBe(words.join(' '));
      }),
    );
  });
});
