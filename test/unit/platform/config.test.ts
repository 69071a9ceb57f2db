import { describe, expect, it } from 'vitest';
import { parseConfig } from '../../../shared/platform/config.ts';
import { AZURE_CONFIG } from '../../support/azure-config.ts';

describe('parseConfig', () => {
  it('fills in the defaults and freezes the result', () => {
    const config = parseConfig(AZURE_CONFIG);

    expect(config).toMatchObject({ COSMOS_DATABASE: 'slipway', ACCESS: 'token', PRIVATE_EGRESS: 'refuse' });
    expect(Object.isFrozen(config)).toBe(true);
  });

  it('names every missing and wrong setting at once, and never a value', () => {
    const parse = () => parseConfig({ ...AZURE_CONFIG, COSMOS_ENDPOINT: undefined, BLOB_ENDPOINT: 'hunter2' });

    expect(parse).toThrow(/COSMOS_ENDPOINT.*BLOB_ENDPOINT/);
    expect(parse).not.toThrow(/hunter2/);
  });

  it('takes an empty setting for a missing one', () => {
    expect(parseConfig({ ...AZURE_CONFIG, COSMOS_KEY: '' }).COSMOS_KEY).toBeUndefined();
  });

  it('refuses to be open where others can reach it', () => {
    expect(() => parseConfig({ ...AZURE_CONFIG, ACCESS: 'open' })).toThrow(/loopback/);
    expect(parseConfig({ ...AZURE_CONFIG, ACCESS: 'open', PUBLIC_URL: 'http://127.0.0.1:7071' }).ACCESS).toBe('open');
  });

  it('refuses to ask for a token that it does not know', () => {
    expect(() => parseConfig({ ...AZURE_CONFIG, ACCESS_TOKEN_SHA256: undefined })).toThrow(/ACCESS_TOKEN_SHA256/);
  });

  it('takes user and password of the image registry together only', () => {
    const user = { IMAGE_REGISTRY_USERNAME: 'team' };
    expect(() => parseConfig({ ...AZURE_CONFIG, ...user })).toThrow(/IMAGE_REGISTRY_PASSWORD/);
    expect(parseConfig({ ...AZURE_CONFIG, ...user, IMAGE_REGISTRY_PASSWORD: 'x' })).toMatchObject(user);
  });

  const IMAGE = `env/ours@sha256:${'a'.repeat(64)}`;

  it('reads images by minor of Python', () => {
    const { ENVIRONMENT_IMAGES } = parseConfig({ ...AZURE_CONFIG, ENVIRONMENT_IMAGES: `3.11=${IMAGE}, 3.12=${IMAGE}` });
    expect(ENVIRONMENT_IMAGES).toEqual({ '3.11': IMAGE, '3.12': IMAGE });
    expect(parseConfig(AZURE_CONFIG)).toMatchObject({ ENVIRONMENT_BUILDER: 'wheels', ENVIRONMENT_IMAGES: {} });
  });

  it.each(['3.11', '3.11=env/ours:latest', `2.7=${IMAGE}`, `3.11=${IMAGE},`])(
    'refuses the images %s by name',
    (images) => {
      expect(() => parseConfig({ ...AZURE_CONFIG, ENVIRONMENT_IMAGES: images })).toThrow(
        /ENVIRONMENT_IMAGES: must read/,
      );
    },
  );

  it.each([
    ['acr-tasks', ['CONTAINER_REGISTRY_ID', 'ENVIRONMENT_IMAGES']],
    ['webhook', ['ENVIRONMENT_WEBHOOK_URL', 'ENVIRONMENT_WEBHOOK_SECRET']],
    ['image', ['ENVIRONMENT_IMAGES']],
  ])('says what the builder %s cannot do without', (builder, missing) => {
    expect(() => parseConfig({ ...AZURE_CONFIG, ENVIRONMENT_BUILDER: builder })).toThrow(missing.join(' and '));
  });

  const ENTRA = {
    ENTRA_TENANT_ID: '6babcaad-604b-40ac-a9d7-9fd97c0b779f',
    ENTRA_AUDIENCE: '11111111-2222-4333-8444-555555555555',
  };

  it('takes Entra beside the token, or instead of it', () => {
    expect(parseConfig({ ...AZURE_CONFIG, ...ENTRA })).toMatchObject({
      ...ENTRA,
      ENTRA_AUTHORITY: 'https://login.microsoftonline.com',
    });
    expect(parseConfig({ ...AZURE_CONFIG, ...ENTRA, ACCESS_TOKEN_SHA256: '' }).ACCESS_TOKEN_SHA256).toBeUndefined();
  });

  it.each<[string, object, RegExp]>([
    ['a tenant without audience', { ENTRA_AUDIENCE: '' }, /together/],
    ['an audience without tenant', { ENTRA_TENANT_ID: '' }, /together/],
    ['every tenant there is', { ENTRA_TENANT_ID: 'common' }, /ENTRA_TENANT_ID/],
    ['keys that anybody on the way may change', { ENTRA_AUTHORITY: 'http://login.example.com' }, /https/],
  ])('refuses %s', (_, more, message) => {
    expect(() => parseConfig({ ...AZURE_CONFIG, ...ENTRA, ...more })).toThrow(message);
  });

  it('takes the keys of a server on the same machine, for tests', () => {
    const authority = 'http://127.0.0.1:8080';

    expect(parseConfig({ ...AZURE_CONFIG, ...ENTRA, ENTRA_AUTHORITY: authority }).ENTRA_AUTHORITY).toBe(authority);
  });
});
