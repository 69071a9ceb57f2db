import { checkEgressUrl, type PrivateEgress } from '../platform/http/egress.ts';
import type { SecretBox } from '../platform/secrets.ts';
import type { Channel, ChannelInput } from './alert-rule.ts';
import type { SettingsStore } from './settings-store.ts';

export interface PutChannelServices {
  readonly channels: SettingsStore<Channel>;
  readonly secrets: SecretBox;
  readonly privateEgress: PrivateEgress;
}

/**
 * Stores a channel with its secret sealed. Without a new secret the stored one stays, so that a URL can be changed
 * without knowing it.
 *
 * @param etag - of the channel that is to be replaced; without it whatever is there
 * @throws SlipwayError INVALID_PARAMETER_VALUE for a URL that may not be called; PRECONDITION_FAILED when the channel
 * has another ETag
 */
export const putChannel = async (
  input: ChannelInput,
  services: PutChannelServices,
  etag?: string,
): Promise<Channel> => {
  const channel = input.kind === 'log' ? input : await sealed(input, services);
  await services.channels.put(channel, etag);
  return channel;
};

const sealed = async (
  { secret, ...channel }: Extract<ChannelInput, { kind: 'webhook' }>,
  { channels, secrets, privateEgress }: PutChannelServices,
): Promise<Channel> => {
  checkEgressUrl(channel.url, privateEgress);
  if (secret !== undefined) return { ...channel, sealedSecret: secrets.seal(secret) };
  const stored = (await channels.get(channel.name))?.value;
  return stored?.kind === 'webhook' && stored.sealedSecret !== undefined
    ? { ...channel, sealedSecret: stored.sealedSecret }
    : channel;
};
