/** The service writes base64 with `-` for `/`, so that an id fits into a path. */
const encode = (bytes: Buffer): string => bytes.toString('base64').replaceAll('/', '-');

const CONTAINER_BIT = 0x80000000;

/** 4 bytes, as base64. */
export const databaseRid = (ordinal: number): string => {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(ordinal);
  return encode(bytes);
};

/** The database's 4 bytes and 4 of its own, as base64. */
export const containerRid = (databaseOrdinal: number, ordinal: number): string => {
  const bytes = Buffer.alloc(8);
  bytes.writeUInt32BE(databaseOrdinal);
  bytes.writeUInt32BE(CONTAINER_BIT + ordinal, 4);
  return encode(bytes);
};

/** The container's 8 bytes and 8 of its own, as base64. */
export const documentRid = (container: string, ordinal: number): string => {
  const bytes = Buffer.alloc(16);
  Buffer.from(container.replaceAll('-', '/'), 'base64').copy(bytes);
  bytes.writeBigUInt64BE(BigInt(ordinal), 8);
  return encode(bytes);
};

/** A quoted tag that no other version of anything in the container has. */
export const etagOf = (rid: string, version: number): string => {
  const owner = Buffer.from(rid.replaceAll('-', '/'), 'base64').toString('hex').padEnd(16, '0').slice(0, 16);
  return `"${owner.slice(0, 8)}-${owner.slice(8, 12)}-${owner.slice(12, 16)}-0000-${version.toString(16).padStart(12, '0')}"`;
};
