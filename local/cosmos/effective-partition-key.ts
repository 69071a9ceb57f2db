import { murmur128 } from './murmur-hash.ts';
import type { KeyComponent, PartitionKey } from './partition-key.ts';

const STRING_PREFIX = 0x08;
const STRING_END = 0xff;
const NUMBER_PREFIX = 0x05;
const PLAIN_PREFIX = { undefined: 0x00, null: 0x01, false: 0x02, true: 0x03 } as const;
/** The service keeps the two highest bits of a hash free. */
const FIRST_BYTE_MASK = 0x3f;

const encoded = (component: KeyComponent): Uint8Array => {
  if (typeof component === 'string') {
    return Buffer.concat([Buffer.of(STRING_PREFIX), Buffer.from(component), Buffer.of(STRING_END)]);
  }
  if (typeof component === 'number') {
    const bytes = Buffer.alloc(9);
    bytes[0] = NUMBER_PREFIX;
    bytes.writeDoubleLE(component, 1);
    return bytes;
  }
  return Buffer.of(PLAIN_PREFIX[String(component) as keyof typeof PLAIN_PREFIX]);
};

const hashed = (component: KeyComponent): string => {
  const hash = Buffer.from(murmur128(encoded(component))).reverse();
  hash[0] = (hash[0] ?? 0) & FIRST_BYTE_MASK;
  return hash.toString('hex').toUpperCase();
};

/**
 * Where a partition key lies between '' and 'FF', as upper-case hex: version-2 hashes, one per component, joined.
 *
 * @see https://learn.microsoft.com/azure/cosmos-db/hierarchical-partition-keys
 */
export const effectivePartitionKey = (key: PartitionKey): string => key.map(hashed).join('');
