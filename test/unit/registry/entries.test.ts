import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Tag } from '../../../shared/mlflow/tags.ts';
import { epochMs } from '../../../shared/platform/time.ts';
import { changedEntry } from '../../../shared/registry/entries.ts';

const CAUSE = { causedBy: 'request-1', correlationId: 'story-1' };
const LIMIT = 32 * 1024;

const model = { modelId: 'mo_1', name: 'heart', tags: [] };

const dataOf = (change: { readonly made?: { description: string; tags: readonly Tag[] }; readonly value?: string }) =>
  changedEntry({ model, of: 'model', revision: 1, change: 'created', ...change }, CAUSE, epochMs(0)).data as {
    readonly tags?: Readonly<Record<string, string>>;
    readonly value?: string;
    readonly abridged?: boolean;
  };

const bytesOf = (key: string, value: string): number => Buffer.byteLength(key) + Buffer.byteLength(value);

const tags = fc.uniqueArray(
  fc.record({
    key: fc.string({ minLength: 1, maxLength: 20 }),
    value: fc.oneof(
      fc.string(),
      fc.integer({ min: 0, max: 40_000 }).map((length) => 'ü'.repeat(length)),
    ),
  }),
  { selector: ({ key }) => key, maxLength: 12 },
);

describe('the journal entry of something new', () => {
  it('holds tags up to 32 KB, smaller ones before larger ones, and says when it left some out', () => {
    fc.assert(
      fc.property(tags, (all) => {
        const { tags: kept = {}, abridged = false } = dataOf({ made: { description: '', tags: all } });
        const sizes = (some: readonly Tag[]) => some.map(({ key, value }) => bytesOf(key, value));
        const inside = sizes(all.filter(({ key }) => Object.hasOwn(kept, key)));
        const outside = sizes(all.filter(({ key }) => !Object.hasOwn(kept, key)));
        const sum = inside.reduce((total, size) => total + size, 0);
        expect(sum).toBeLessThanOrEqual(LIMIT);
        expect(Math.max(0, ...inside)).toBeLessThanOrEqual(Math.min(Number.POSITIVE_INFINITY, ...outside));
        expect(abridged).toBe(outside.length > 0);
        if (outside.length > 0) expect(sum + Math.min(...outside)).toBeGreaterThan(LIMIT);
      }),
    );
  });
});

describe('the journal entry of a tag', () => {
  it.each([
    ['a'.repeat(LIMIT), true],
    ['a'.repeat(LIMIT + 1), false],
    ['ü'.repeat(LIMIT / 2), true],
    ['ü'.repeat(LIMIT / 2 + 1), false],
    ['', true],
  ])('holds a value of up to 32 KB (%#)', (value, held) => {
    expect(dataOf({ value })).toMatchObject(held ? { value } : { abridged: true });
    expect('value' in dataOf({ value })).toBe(held);
  });
});
