import ipaddr from 'ipaddr.js';

/** Where nobody says from which address a request comes: one bucket for all of them. */
const UNKNOWN_ADDRESS = 'unknown';

const IPV6_NETWORK_BITS = 64;

/**
 * The address of a client, as the last proxy saw it: what comes before in the header anybody may have written. IPv6
 * addresses are told apart by their /64, which is what one client has.
 *
 * @param forwardedFor - `X-Forwarded-For`; Azure appends the address, with a port
 */
export const clientAddress = (forwardedFor: string | undefined): string => {
  const last = (forwardedFor ?? '').split(',').at(-1)?.trim() ?? '';
  const bare = /^\[(.*)\](?::\d+)?$/.exec(last)?.[1] ?? /^([\d.]+)(?::\d+)?$/.exec(last)?.[1] ?? last;
  if (!ipaddr.isValid(bare)) return UNKNOWN_ADDRESS;
  const address = ipaddr.process(bare);
  if (address.kind() === 'ipv4') return address.toString();
  return ipaddr.IPv6.networkAddressFromCIDR(`${address.toString()}/${IPV6_NETWORK_BITS}`).toString();
};
