import { describe, expect, it } from 'vitest';
import { mayReadEntry, visiblePage } from '../../../functions/http/api/visible.ts';
import { createCaller } from '../../../shared/platform/access/caller.ts';
import type { Grant } from '../../../shared/platform/access/grant.ts';
import { type JournalEntry, journalEntry } from '../../../shared/platform/journal.ts';
import { epochMs } from '../../../shared/platform/time.ts';

const entryOf = (subject: string, data: object = {}): JournalEntry =>
  journalEntry('je_1', { type: 'slipway.x', subject, data }, { causedBy: 'c', correlationId: 'c' }, epochMs(0));

const WHO: Readonly<Record<string, readonly Grant[]>> = {
  hearts: [{ role: 'operator', models: ['heart*'] }],
  reader: [{ role: 'reader' }],
  admin: [{ role: 'admin' }],
};

describe('a journal entry', () => {
  it.each<[string, JournalEntry, readonly string[]]>([
    ['a model', entryOf('models/heart'), ['hearts', 'reader', 'admin']],
    ['a version', entryOf('models/heart/versions/3'), ['hearts', 'reader', 'admin']],
    ['another model', entryOf('models/fraud/versions/3'), ['reader', 'admin']],
    ['a model whose name is encoded', entryOf('models/%68eart%20attack'), ['hearts', 'reader', 'admin']],
    ['a model whose name looks like two', entryOf('models/fraud%2Fheart'), ['reader', 'admin']],
    ['a rollout', entryOf('endpoints/e', { model: 'heart' }), ['hearts', 'reader', 'admin']],
    ['a rollout of another model', entryOf('endpoints/heart', { model: 'fraud' }), ['reader', 'admin']],
    ['a run', entryOf('experiments/1/runs/r'), ['hearts', 'reader', 'admin']],
    ['a webhook', entryOf('webhooks/w', { name: 'fraud' }), ['reader', 'admin']],
    ['an origin server', entryOf('origins/o', { name: 'fraud' }), ['reader', 'admin']],
    ['a message', entryOf('deliveries/d'), ['reader', 'admin']],
    ['a token', entryOf('tokens/t'), ['admin']],
    ['a refused login', entryOf('access/203.0.113.7'), ['admin']],
  ])('about %s is for whom it concerns', (_, entry, readers) => {
    const seeing = Object.entries(WHO).filter(([name, grants]) => mayReadEntry(createCaller(name, grants), entry));

    expect(seeing.map(([name]) => name)).toEqual(readers);
  });
});

describe('a page of what may be seen', () => {
  const pages: Readonly<Record<string, { items: number[]; next?: string }>> = {
    '': { items: [1, 3], next: 'b' },
    b: { items: [5], next: 'c' },
    c: { items: [2, 7], next: 'd' },
    d: { items: [9] },
  };
  const pageAt = async (continuation = '') => pages[continuation] ?? { items: [] };
  const isEven = (value: number) => value % 2 === 0;

  it('is looked for while there is nothing to show', async () => {
    expect(await visiblePage(pageAt, undefined, isEven)).toEqual({ items: [2], next: 'd' });
  });

  it('is empty at the end', async () => {
    expect(await visiblePage(pageAt, 'd', isEven)).toEqual({ items: [], next: undefined });
  });

  it('is given up after twenty pages without anything to show, and can be asked for from there', async () => {
    const endless = async (continuation = '0') => ({ items: [1], next: String(Number(continuation) + 1) });

    expect(await visiblePage(endless, undefined, isEven)).toEqual({ items: [], next: '20' });
  });
});
