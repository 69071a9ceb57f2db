import { describe, expect, it } from 'vitest';
import { appSettings, type StackRegistry } from '../../../local/stack/app-settings.ts';

const settingsWith = (registry?: StackRegistry) =>
  Object.entries(
    appSettings(
      {
        ports: { host: 1, azure: 2, cosmos: 3, blob: 4, queue: 5 },
        credentials: { cosmosKey: '', topicKey: '', armToken: '', secretsKey: '', accessToken: '' } as never,
        storageConnectionString: '',
        blobEndpoint: '',
        queueEndpoint: '',
        pythons: [],
      } as never,
      { auth: false, allowPrivateEgress: false, ...(registry === undefined ? {} : { registry }) },
    ),
  ).filter(([name]) => name.startsWith('IMAGE_'));

describe('images of the embedded stack', () => {
  it('are a layout in Blob Storage unless there is a registry', () => {
    expect(settingsWith()).toEqual([
      ['IMAGE_STORE', 'layout'],
      ['IMAGE_REGISTRY', 'images.embedded'],
    ]);
  });

  it('go to the registry with its user, when it has one', () => {
    const url = 'http://127.0.0.1:5000/team';
    expect(settingsWith({ url })).toEqual([
      ['IMAGE_STORE', 'registry'],
      ['IMAGE_REGISTRY', url],
    ]);
    expect(settingsWith({ url, username: 'a', password: 'b' }).slice(2)).toEqual([
      ['IMAGE_REGISTRY_USERNAME', 'a'],
      ['IMAGE_REGISTRY_PASSWORD', 'b'],
    ]);
  });
});
