import { describe, expect, it } from 'vitest';
import { createAlertRuleStore, createChannelStore } from '../../../shared/notify/settings-store.ts';
import { createMemoryDocuments } from '../../support/memory-documents.ts';
import { ruleOf } from '../../support/notify-world.ts';

describe('the settings store', () => {
  it('lists by name, only settings of its kind', async () => {
    const documents = createMemoryDocuments();
    const rules = createAlertRuleStore(documents);
    const channels = createChannelStore(documents);
    for (const name of ['b', 'c', 'a']) await rules.put(ruleOf(name));
    await channels.put({ kind: 'log', name: 'ops' });

    expect((await rules.list()).map(({ name }) => name)).toEqual(['a', 'b', 'c']);
    expect(await channels.list()).toEqual([{ kind: 'log', name: 'ops' }]);
  });

  it('lists more than one page', async () => {
    const rules = createAlertRuleStore(createMemoryDocuments());
    for (let at = 0; at < 1_001; at += 1) await rules.put(ruleOf(`r${at}`));

    expect(await rules.list()).toHaveLength(1_001);
  });

  it('replaces what has not changed since it was read, and nothing else', async () => {
    const rules = createAlertRuleStore(createMemoryDocuments());
    await rules.put(ruleOf('a'));
    const read = await rules.get('a');

    await rules.put(ruleOf('a', { enabled: false }), read?.etag);

    await expect(rules.put(ruleOf('a'), read?.etag)).rejects.toMatchObject({ code: 'PRECONDITION_FAILED' });
    await expect(rules.put(ruleOf('gone'), read?.etag)).rejects.toMatchObject({ code: 'PRECONDITION_FAILED' });
    expect((await rules.get('a'))?.value.enabled).toBe(false);
  });

  it('deletes what is there, and what is not', async () => {
    const rules = createAlertRuleStore(createMemoryDocuments());
    await rules.put(ruleOf('a'));

    await rules.delete('a');
    await rules.delete('a');

    expect(await rules.get('a')).toBeUndefined();
  });
});
