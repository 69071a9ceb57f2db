import { SlipwayError } from '../../platform/errors.ts';
import { checkEgressUrl, type PrivateEgress } from '../../platform/http/egress.ts';
import type { SecretBox } from '../../platform/secrets.ts';
import type { OriginServer, OriginServerInput, OriginStore } from './origin-server.ts';

export interface PutOriginServices {
  readonly origins: OriginStore;
  readonly secrets: SecretBox;
  readonly privateEgress: PrivateEgress;
}

/**
 * Stores an origin server with its secret and credential sealed. What is left out of both stays as it is stored; a
 * credential stays only as long as the URL names the same host, so that it is never shown to another.
 *
 * @param etag - of the one that is to be replaced; without it whatever is there
 * @throws SlipwayError INVALID_PARAMETER_VALUE; PRECONDITION_FAILED when the stored one has another ETag
 */
export const putOriginServer = async (
  services: PutOriginServices,
  name: string,
  input: OriginServerInput,
  etag?: string,
): Promise<OriginServer> => {
  const url = checkedUrl(input.url, services.privateEgress);
  const stored = (await services.origins.get(name))?.value;
  const sealedCredential = credentialOf(services, input, { stored, url });
  const origin: OriginServer = {
    name,
    dialect: input.dialect,
    url,
    sealedSecret: secretOf(services, input, stored),
    ...(sealedCredential === undefined ? {} : { sealedCredential }),
    models: input.models,
    prefix: input.prefix,
  };
  await services.origins.put(origin, etag);
  return origin;
};

const checkedUrl = (text: string, privateEgress: PrivateEgress): string => {
  const url = checkEgressUrl(text, privateEgress);
  if (url.search !== '' || url.hash !== '') {
    throw new SlipwayError(
      'INVALID_PARAMETER_VALUE',
      'url: give the base URL of the server, without query or fragment',
    );
  }
  return `${url.origin}${url.pathname}`.replace(/\/+$/, '');
};

const secretOf = ({ secrets }: PutOriginServices, { secret }: OriginServerInput, stored: OriginServer | undefined) => {
  if (secret !== undefined) return secrets.seal(secret);
  if (stored !== undefined) return stored.sealedSecret;
  throw new SlipwayError(
    'INVALID_PARAMETER_VALUE',
    'secret: is missing; give the secret of the webhook, which is all that tells its deliveries from anybody else’s',
  );
};

const credentialOf = (
  { secrets }: PutOriginServices,
  { credential }: OriginServerInput,
  { stored, url }: { readonly stored: OriginServer | undefined; readonly url: string },
): string | undefined => {
  if (credential === null) return undefined;
  if (credential !== undefined) return secrets.seal(JSON.stringify(credential));
  if (stored?.sealedCredential === undefined || new URL(stored.url).origin === new URL(url).origin) {
    return stored?.sealedCredential;
  }
  throw new SlipwayError(
    'INVALID_PARAMETER_VALUE',
    'credential: the url names another host than before; give the credential for it, or null for none',
  );
};
