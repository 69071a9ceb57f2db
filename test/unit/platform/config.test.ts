import { describe, expect, it } from 'vitest';
import { parseConfig } from '../../../shared/platform/config.ts';

const COMPLETE = {
  COSMOS_ENDPOINT: 'https://x.documents.azure.com',
  BLOB_ENDPOINT: 'https://x.blob.core.windows.net',
  QUEUE_ENDPOINT: 'https://x.queue.core.windows.net',
  EVENT_GRID_TOPIC_ENDPOINT: 'https://x.eventgrid.azure.net/api/events',
  AZURE_ML_WORKSPACE_ID: '/subscriptions/s',
  AZURE_LOCATION: 'westeurope',
  IMAGE_REGISTRY: 'x.azurecr.io',
  SECRETS_KEY: 'AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=',
  PUBLIC_URL: 'https://slipway.example',
  ACCESS_TOKEN_SHA256: 'a'.repeat(64),
};

describe('parseConfig', () => {
  it('fills in the defaults and freezes the result', () => {
    const config = parseConfig(COMPLETE);

    expect(config).toMatchObject({ COSMOS_DATABASE: 'slipway', ACCESS: 'token', PRIVATE_EGRESS: 'refuse' });
    expect(Object.isFrozen(config)).toBe(true);
  });

  it('names every missing and wrong setting at once, and never a value', () => {
    const parse = () => parseConfig({ ...COMPLETE, COSMOS_ENDPOINT: undefined, BLOB_ENDPOINT: 'hunter2' });

    expect(parse).toThrow(/COSMOS_ENDPOINT.*BLOB_ENDPOINT/);
    expect(parse).not.toThrow(/hunter2/);
  });

  it('takes an empty setting for a missing one', () => {
    expect(parseConfig({ ...COMPLETE, COSMOS_KEY: '' }).COSMOS_KEY).toBeUndefined();
  });

  it('refuses to be open where others can reach it', () => {
    expect(() => parseConfig({ ...COMPLETE, ACCESS: 'open' })).toThrow(/loopback/);
    expect(parseConfig({ ...COMPLETE, ACCESS: 'open', PUBLIC_URL: 'http://127.0.0.1:7071' }).ACCESS).toBe('open');
  });

  it('refuses to ask for a token that it does not know', () => {
    expect(() => parseConfig({ ...COMPLETE, ACCESS_TOKEN_SHA256: undefined })).toThrow(/ACCESS_TOKEN_SHA256/);
  });

  it('takes user and password of the image registry together only', () => {
    const user = { IMAGE_REGISTRY_USERNAME: 'team' };
    expect(() => parseConfig({ ...COMPLETE, ...user })).toThrow(/IMAGE_REGISTRY_PASSWORD/);
    expect(parseConfig({ ...COMPLETE, ...user, IMAGE_REGISTRY_PASSWORD: 'x' })).toMatchObject(user);
  });

  const IMAGE = `env/ours@sha256:${'a'.repeat(64)}`;

  it('reads images by minor of Python', () => {
    const { ENVIRONMENT_IMAGES } = parseConfig({ ...COMPLETE, ENVIRONMENT_IMAGES: `3.11=${IMAGE}, 3.12=${IMAGE}` });
    expect(ENVIRONMENT_IMAGES).toEqual({ '3.11': IMAGE, '3.12': IMAGE });
    expect(parseConfig(COMPLETE)).toMatchObject({ ENVIRONMENT_BUILDER: 'wheels', ENVIRONMENT_IMAGES: {} });
  });

  it.each(['3.11', '3.11=env/ours:latest', `2.7=${IMAGE}`, `3.11=${IMAGE},`])(
    'refuses the images %s by name',
    (images) => {
      expect(() => parseConfig({ ...COMPLETE, ENVIRONMENT_IMAGES: images })).toThrow(/ENVIRONMENT_IMAGES: must read/);
    },
  );

  it.each([
    ['acr-tasks', ['CONTAINER_REGISTRY_ID', 'ENVIRONMENT_IMAGES']],
    ['webhook', ['ENVIRONMENT_WEBHOOK_URL', 'ENVIRONMENT_WEBHOOK_SECRET']],
    ['image', ['ENVIRONMENT_IMAGES']],
  ])('says what the builder %s cannot do without', (builder, missing) => {
    expect(() => parseConfig({ ...COMPLETE, ENVIRONMENT_BUILDER: builder })).toThrow(missing.join(' and '));
  });

  const ENTRA = {
    ENTRA_TENANT_ID: '6babcaad-604b-40ac-a9d7-9fd97c0b779f',
    ENTRA_AUDIENCE: '11111111-2222-4333-8444-555555555555',
  };

  it('takes Entra beside the token, or instead of it', () => {
    expect(parseConfig({ ...COMPLETE, ...ENTRA })).toMatchObject({
      ...ENTRA,
      ENTRA_AUTHORITY: 'https://login.microsoftonline.com',
    });
    expect(parseConfig({ ...COMPLETE, ...ENTRA, ACCESS_TOKEN_SHA256: '' }).ACCESS_TOKEN_SHA256).toBeUndefined();
  });

  it.each<[string, object, RegExp]>([
    ['a tenant without audience', { ENTRA_AUDIENCE: '' }, /together/],
    ['an audience without tenant', { ENTRA_TENANT_ID: '' }, /together/],
    ['every tenant there is', { ENTRA_TENANT_ID: 'common' }, /ENTRA_TENANT_ID/],
    ['keys that anybody on the way may change', { ENTRA_AUTHORITY: 'http://login.example.com' }, /https/],
  ])('refuses %s', (_, more, message) => {
    expect(() => parseConfig({ ...COMPLETE, ...ENTRA, ...more })).toThrow(message);
  });

  it('takes the keys of a server on the same machine, for tests', () => {
    const authority = 'http://127.0.0.1:8080';

    expect(parseConfig({ ...COMPLETE, ...ENTRA, ENTRA_AUTHORITY: authority }).ENTRA_AUTHORITY).toBe(authority);
  });
});
