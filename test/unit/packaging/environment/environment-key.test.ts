import { describe, expect, it } from 'vitest';
import { environmentKey, lockKey } from '../../../../shared/packaging/environment/environment-key.ts';
import type { EnvironmentSpec } from '../../../../shared/packaging/environment/environment-spec.ts';
import { environmentSpec } from '../../../support/packaging/environments.ts';

const BASE = { base: 'sha256:00', platform: 'linux-x86_64', template: 'wheels1', server: 'server' };

const keyOf = (over: Partial<EnvironmentSpec> = {}, base: Partial<typeof BASE> = {}) =>
  environmentKey({ ...BASE, ...base, spec: environmentSpec(over) });

describe('the key of an environment', () => {
  it('is 32 hex digits, the same every time', () => {
    expect(keyOf()).toMatch(/^[0-9a-f]{32}$/);
    expect(keyOf()).toBe(keyOf());
  });

  const { options } = environmentSpec();

  it.each<[string, Partial<EnvironmentSpec>, Partial<typeof BASE>?]>([
    ['Python', { python: '3.12' }],
    ['requirements', { requirements: ['numpy==2.1.3'] }],
    ['constraints', { constraints: ['numpy<3'] }],
    ['conda packages', { conda: { channels: [], packages: ['gcc'] } }],
    ['index', { options: { ...options, indexUrl: 'https://pypi.example/simple' } }],
    ['pre-releases', { options: { ...options, pre: true } }],
    ['base image', {}, { base: 'sha256:01' }],
    ['platform', {}, { platform: 'linux-aarch64' }],
    ['template', {}, { template: 'wheels2' }],
    ['server', {}, { server: 'other' }],
  ])('is another for another %s', (_, over, base) => {
    expect(keyOf(over, base)).not.toBe(keyOf());
  });

  const conda = (channels: readonly string[], packages: readonly string[]) => keyOf({ conda: { channels, packages } });

  it('says where conda packages come from, when there are any', () => {
    expect(conda(['a'], ['gcc'])).not.toBe(conda(['b'], ['gcc']));
    expect(conda(['a'], [])).toBe(conda(['b'], []));
    expect(conda(['a'], [])).toBe(keyOf());
  });
});

describe('the key of a lock', () => {
  const lock = { python: '3.11', platform: 'linux-x86_64', packages: [], text: 'numpy==2.1.3\n' };

  it('is the same for the same files on the same base', () => {
    expect(lockKey(lock, BASE)).toMatch(/^[0-9a-f]{32}$/);
    expect(lockKey({ ...lock, packages: [{ name: 'numpy', version: '2.1.3', sha256s: [] }] }, BASE)).toBe(
      lockKey(lock, { ...BASE, server: 'other' } as typeof BASE),
    );
  });

  it.each<[string, () => string]>([
    ['files', () => lockKey({ ...lock, text: 'numpy==2.1.2\n' }, BASE)],
    ['base image', () => lockKey(lock, { ...BASE, base: 'sha256:01' })],
    ['template', () => lockKey(lock, { ...BASE, template: 'wheels2' })],
  ])('is another for another %s', (_, other) => {
    expect(other()).not.toBe(lockKey(lock, BASE));
  });
});
