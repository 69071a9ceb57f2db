import { describe, expect, it } from 'vitest';
import { effectivePartitionKey } from '../../../local/cosmos/effective-partition-key.ts';

/** Literals from the client's own hashing (version 2). */
describe('an effective partition key', () => {
  it.each([
    [['redmond'], '22E342F38A486A088463DFF7838A5963'],
    [[''], '32E9366E637A71B4E710384B2F4970A0'],
    [['x'.repeat(16)], '0BE09FB42A423996BAA4B9E2F43C323A'],
    [[5], '19C08621B135968252FB34B4CF66F811'],
    [[true], '0E711127C5B5A8E4726AC6DD306A3E59'],
    [[null], '378867E4430E67857ACE5C908374FE16'],
    [[undefined], '11622DAA78F835834610ABE56EFF5CB5'],
    [['redmond', 5], '22E342F38A486A088463DFF7838A596319C08621B135968252FB34B4CF66F811'],
  ])('of %j is %s', (key, expected) => {
    expect(effectivePartitionKey(key)).toBe(expected);
  });
});
