import { describe, expect, it } from 'vitest';
import { putChannel } from '../../../shared/notify/put-channel.ts';
import { createNotifyWorld } from '../../support/notify-world.ts';

const SECRET = 'a-secret-of-some-length';
const HOOK = { kind: 'webhook', name: 'ops', url: 'https://hooks.example.org/a' } as const;

const stored = async (world: ReturnType<typeof createNotifyWorld>) => {
  const channel = (await world.services.channels.get('ops'))?.value;
  const sealed = channel?.kind === 'webhook' ? channel.sealedSecret : undefined;
  return { channel, secret: sealed === undefined ? undefined : world.services.secrets.open(sealed) };
};

describe('putChannel', () => {
  it('seals the secret', async () => {
    const world = createNotifyWorld();

    const put = await putChannel({ ...HOOK, secret: SECRET }, world.services);

    expect(put).toEqual({ ...HOOK, sealedSecret: expect.any(String) });
    expect(JSON.stringify([put, world.settings.all()])).not.toContain(SECRET);
    expect((await stored(world)).secret).toBe(SECRET);
  });

  it('keeps the secret when only the URL changes', async () => {
    const world = createNotifyWorld();
    await putChannel({ ...HOOK, secret: SECRET }, world.services);

    await putChannel({ ...HOOK, url: 'https://hooks.example.org/b' }, world.services);

    expect(await stored(world)).toMatchObject({ channel: { url: 'https://hooks.example.org/b' }, secret: SECRET });
  });

  it('replaces the secret by a new one', async () => {
    const world = createNotifyWorld();
    await putChannel({ ...HOOK, secret: SECRET }, world.services);
    await putChannel({ ...HOOK, secret: 'another-secret-of-length' }, world.services);

    expect((await stored(world)).secret).toBe('another-secret-of-length');
  });

  it('has no secret where none was given', async () => {
    const world = createNotifyWorld();

    expect(await putChannel(HOOK, world.services)).toEqual(HOOK);
  });

  it('forgets the secret when the channel becomes the log', async () => {
    const world = createNotifyWorld();
    await putChannel({ ...HOOK, secret: SECRET }, world.services);

    await putChannel({ kind: 'log', name: 'ops' }, world.services);

    expect(await stored(world)).toEqual({ channel: { kind: 'log', name: 'ops' }, secret: undefined });
  });

  it.each(['http://hooks.example.org', 'https://127.0.0.1/', 'https://169.254.169.254/', 'https://[::1]/', 'nonsense'])(
    'refuses the URL %s and stores nothing',
    async (url) => {
      const world = createNotifyWorld();

      await expect(putChannel({ ...HOOK, url }, world.services)).rejects.toMatchObject({
        code: 'INVALID_PARAMETER_VALUE',
      });
      expect(world.settings.all()).toEqual([]);
    },
  );

  it('takes a loopback URL where private addresses are allowed', async () => {
    const world = createNotifyWorld();
    const url = 'http://127.0.0.1:9/a';

    await expect(putChannel({ ...HOOK, url }, { ...world.services, privateEgress: 'allow' })).resolves.toMatchObject({
      url,
    });
  });
});
