const SEQUENCE = 0x30;
const INTEGER = 0x02;

/**
 * An ECDSA signature on P-256 in DER, which verifiers of images read, from its two halves side by side, as Key Vault
 * and JOSE give it.
 *
 * @param raw - 64 bytes
 */
export const derSignature = (raw: Uint8Array): Uint8Array => {
  const half = raw.length / 2;
  const body = [...integer(raw.subarray(0, half)), ...integer(raw.subarray(half))];
  return Uint8Array.from([SEQUENCE, body.length, ...body]);
};

/** As short as it can be, and with a leading zero where it would read as negative. */
const integer = (bytes: Uint8Array): readonly number[] => {
  const first = bytes.findIndex((byte) => byte !== 0);
  const digits = [...bytes.subarray(first === -1 ? bytes.length - 1 : first)];
  const positive = (digits[0] ?? 0) >= 0x80 ? [0, ...digits] : digits;
  return [INTEGER, positive.length, ...positive];
};
