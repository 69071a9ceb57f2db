import { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { describe, expect, it } from 'vitest';
import { planInstall } from '../../../../shared/packaging/environment/wheels/plan-install.ts';
import {
  groupWheels,
  type PlannedWheel,
  textLayer,
  wheelLayer,
} from '../../../../shared/packaging/environment/wheels/plan-layers.ts';
import { readWheel } from '../../../../shared/packaging/environment/wheels/read-wheel.ts';
import type { LayerPlan } from '../../../../shared/packaging/image/layer.ts';
import { tarBytes } from '../../../../shared/packaging/image/tar.ts';
import { inMemory, type WheelContent, wheelOf } from '../../../support/packaging/wheels.ts';

const MIB = 1024 * 1024;

describe('the layers that wheels are put in', () => {
  const sized = (title: string, wheelSize: number) => ({ title, wheelSize });
  const titles = (wheels: readonly ReturnType<typeof sized>[]) =>
    groupWheels(wheels).map((group) => group.map(({ title }) => title).join('+'));

  it.each<[string, readonly ReturnType<typeof sized>[], readonly string[]]>([
    ['none for none', [], []],
    ['one for all small wheels, by name', [sized('c', 1), sized('a', 3), sized('b', 2)], ['a+b+c']],
    [
      'one for each big wheel, by name',
      [sized('b', 9 * MIB), sized('c', 8 * MIB), sized('a', 10 * MIB)],
      ['a', 'b', 'c'],
    ],
    ['the small ones last', [sized('z', 9 * MIB), sized('a', 1), sized('b', 1)], ['z', 'a+b']],
    ['a big one from 8 MiB on', [sized('a', 8 * MIB - 1), sized('b', 8 * MIB), sized('c', 1)], ['b', 'a+c']],
  ])('are %s', (_, wheels, expected) => {
    expect(titles(wheels)).toEqual(expected);
    expect(titles(wheels.toReversed())).toEqual(expected);
  });

  it('are no more than an image may have: the smallest of too many big wheels go together', () => {
    const many = Array.from({ length: 62 }, (_, index) => sized(String(10 + ((index * 7) % 62)), (10 + index) * MIB));
    const [smallest, second] = [many[0]?.title, many[1]?.title];
    const groups = titles(many);
    expect(groups).toHaveLength(61);
    expect(groups.at(-1)).toBe([smallest, second].sort().join('+'));
    expect(groups.slice(0, 60)).toEqual(groups.slice(0, 60).toSorted());
  });
});

const planned = async (content: WheelContent): Promise<PlannedWheel> => {
  const { fileName, bytes, sha256 } = wheelOf(content);
  const wheel = await readWheel(fileName, inMemory(bytes));
  const title = `${wheel.name} ${wheel.version}`;
  return {
    title,
    archive: wheel.archive,
    files: planInstall(wheel, '3.11'),
    wheelSha256: sha256,
    wheelSize: bytes.length,
  };
};

const bytesOf = async ({ tar, open }: Pick<LayerPlan, 'tar' | 'open'>, from = 0): Promise<Buffer> => {
  const chunks: Buffer[] = [];
  for await (const chunk of tarBytes(tar, open, from)) chunks.push(chunk);
  return Buffer.concat(chunks);
};

const contentsOf = async (plan: LayerPlan): Promise<Readonly<Record<string, string>>> => {
  const bytes = await bytesOf(plan);
  return Object.fromEntries(
    plan.tar.members
      .filter(({ isDirectory }) => !isDirectory)
      .map(({ path, contentStart, size }) => [path, bytes.toString('utf8', contentStart, contentStart + size)]),
  );
};

const AS = { python: '3.11', encoding: 'stored' } as const;
const SITE = 'opt/env/lib/python3.11/site-packages';
const a = await planned({ name: 'a', entryPoints: '[console_scripts]\nrun-a = a:main' });
const b = await planned({ name: 'b' });

describe('the layer of a group of wheels', () => {
  it('holds every file of each, with its own content', async () => {
    const plan = wheelLayer([a, b], AS);
    const contents = await contentsOf(plan);
    expect(Object.keys(contents).sort()).toEqual([...a.files, ...b.files].map(({ path }) => path).sort());
    expect(contents).toMatchObject({
      [`${SITE}/a/__init__.py`]: 'name = "a"\n',
      [`${SITE}/b/__init__.py`]: 'name = "b"\n',
      'opt/env/bin/run-a': expect.stringContaining('from a import main'),
    });
    expect(plan.encoding).toBe('stored');
  });

  it.each([1, 700, 1600, 4000])('is the same when it is read from byte %i on', async (from) => {
    const plan = wheelLayer([a, b], AS);
    expect(await bytesOf(plan, from)).toEqual((await bytesOf(plan)).subarray(from));
  });

  it('is called after its wheel, or after how many they are', () => {
    expect(wheelLayer([a], AS).title).toBe('a 1.0');
    expect(wheelLayer([a, b], AS).title).toBe('2 packages');
  });

  it('has no file that no wheel has', () => {
    expect(() => wheelLayer([a], AS).open('opt/env/other', 0)).toThrow("no file 'opt/env/other'");
  });

  it('has the same key for the same wheels in any order', () => {
    const { key } = wheelLayer([a, b], AS);
    expect(key).toMatch(/^[0-9a-f]{64}$/);
    expect(wheelLayer([b, a], AS).key).toBe(key);
    expect(wheelLayer([{ ...a, title: 'other' }, b], AS).key).toBe(key);
  });

  it.each<[string, () => LayerPlan]>([
    ['wheel', () => wheelLayer([a, { ...b, wheelSha256: 'other' }], AS)],
    ['number of wheels', () => wheelLayer([a], AS)],
    ['Python', () => wheelLayer([a, b], { ...AS, python: '3.12' })],
    ['encoding', () => wheelLayer([a, b], { ...AS, encoding: 'none' })],
  ])('has another key for another %s', (_, other) => {
    expect(other().key).not.toBe(wheelLayer([a, b], AS).key);
  });
});

describe('the layer of one text', () => {
  const planText = () => textLayer('opt/env/requirements.lock', 'numpy==1 # é\n');

  it('holds the file, which is not a program', async () => {
    const plan = planText();
    expect(await contentsOf(plan)).toEqual({ 'opt/env/requirements.lock': 'numpy==1 # é\n' });
    expect(plan.tar.members.at(-1)).toMatchObject({ executable: false, size: 14 });
  });

  it('can be read from any byte on', async () => {
    const plan = planText();
    expect(await text(Readable.from(await plan.open('opt/env/requirements.lock', 7)))).toBe('1 # é\n');
    const whole = await bytesOf(plan);
    for (const from of [1, 2000, 2055, whole.length]) expect(await bytesOf(plan, from)).toEqual(whole.subarray(from));
  });

  it('is called after its file, and is made anew every time', () => {
    expect(planText()).toMatchObject({ title: 'requirements.lock', encoding: 'stored', key: undefined });
    expect(textLayer('lock', '').title).toBe('lock');
  });
});
