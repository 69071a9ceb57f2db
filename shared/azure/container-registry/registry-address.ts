import ipaddr from 'ipaddr.js';
import { SlipwayError } from '../../platform/errors.ts';
import { isPublicAddress, type PrivateEgress } from '../../platform/http/egress.ts';

/** Where a registry is, and the part of its name space that is ours. */
export interface RegistryAddress {
  readonly origin: URL;
  /** `` or a path that ends in `/`, before every repository. */
  readonly prefix: string;
  /** Host and path, as in references to images. */
  readonly reference: string;
}

const PATH = /^(?:\/[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*)*$/;

/**
 * Reads `example.azurecr.io`, `ghcr.io/team` or `http://127.0.0.1:5000/team`; without a scheme it is https.
 *
 * @throws SlipwayError INVALID_STATE saying what is wrong with it; http is only for loopback, or where private
 * addresses may be called
 */
export const parseRegistryAddress = (text: string, privateEgress: PrivateEgress): RegistryAddress => {
  const url = URL.parse(text.includes('://') ? text : `https://${text}`);
  if (url === null) throw wrong('is no host name');
  if (url.username !== '' || url.password !== '') throw wrong('must not hold a user or password');
  if (url.search !== '' || url.hash !== '') throw wrong('must be a host and a path only');
  const path = url.pathname.replace(/\/$/, '');
  if (!PATH.test(path)) throw wrong('has a path that no repository may have');
  const httpMay = isLoopback(url.hostname) || privateEgress === 'allow';
  if (url.protocol !== 'https:' && !(url.protocol === 'http:' && httpMay)) {
    throw wrong('must begin with https://, or with http:// for a registry on this machine');
  }
  return {
    origin: new URL(url.origin),
    prefix: path === '' ? '' : `${path.slice(1)}/`,
    reference: `${url.host}${path}`,
  };
};

const wrong = (what: string): SlipwayError => new SlipwayError('INVALID_STATE', `IMAGE_REGISTRY ${what}`);

const isLoopback = (host: string): boolean => host === 'localhost' || host === '[::1]' || /^127\./.test(host);

/**
 * A URL that the registry named, such as where tokens are to be had: on the registry's own host, or https and no
 * private address, so that a registry cannot have us call what only we can reach.
 *
 * @throws SlipwayError PERMISSION_DENIED
 */
export const trustedUrl = (text: string, base: URL, registry: URL): URL => {
  const url = URL.parse(text, base.href);
  if (url === null) throw new SlipwayError('PERMISSION_DENIED', 'the registry names a place that is no URL');
  const ownHost = url.hostname === registry.hostname;
  if (ownHost && (url.protocol === 'https:' || url.protocol === registry.protocol)) return url;
  const host = url.hostname.replace(/^\[(.*)\]$/, '$1');
  const isPrivate = host === 'localhost' || (ipaddr.isValid(host) && !isPublicAddress(host));
  if (url.protocol === 'https:' && !isPrivate) return url;
  throw new SlipwayError('PERMISSION_DENIED', `the registry sends us to '${url.origin}', which may not be called`);
};
