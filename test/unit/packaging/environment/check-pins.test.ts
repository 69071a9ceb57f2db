import { describe, expect, it } from 'vitest';
import { buildEnvironment } from '../../../../shared/packaging/environment/build-environment.ts';
import { checkPins } from '../../../../shared/packaging/environment/check-pins.ts';
import { classifyFailure } from '../../../../shared/packaging/environment/classify-failure.ts';
import { ensureEnvironment } from '../../../../shared/packaging/environment/ensure-environment.ts';
import type { IndexFile, PackageIndex } from '../../../../shared/packaging/environment/package-index.ts';
import { environmentSpec, environmentWorld, scriptedBuilder } from '../../../support/packaging/environments.ts';

const file = (fileName: string, over: Partial<IndexFile> = {}): IndexFile => ({
  fileName,
  url: `https://files.example/${fileName}`,
  ...over,
});

const indexOf = (projects: Readonly<Record<string, readonly IndexFile[]>>): PackageIndex => ({
  filesOf: async (project) => projects[project],
});

const check = (requirement: string, files: readonly IndexFile[] | undefined, python = '3.11') =>
  checkPins(
    indexOf(files === undefined ? {} : { demo: files }),
    environmentSpec({ python, requirements: [requirement] }),
  );

describe('what an index says against a pin', () => {
  it.each<[string, string, readonly IndexFile[] | undefined]>([
    ['no-matching-version', 'demo==1.0', undefined],
    ['no-matching-version', 'demo==1.0', [file('demo-2.0-py3-none-any.whl')]],
    ['yanked', 'demo==1.0', [file('demo-1.0-py3-none-any.whl', { yanked: 'broken' })]],
    ['no-wheel', 'demo==1.0', [file('demo-1.0.tar.gz')]],
    ['no-wheel', 'demo==1.0', [file('demo-1.0-cp310-cp310-manylinux_2_17_x86_64.whl')]],
    ['no-wheel', 'demo==1.0', [file('demo-1.0-cp312-abi3-manylinux_2_17_x86_64.whl')]],
    ['no-wheel', 'demo==1.0', [file('demo-1.0-cp311-cp311-manylinux_2_17_aarch64.whl')]],
    ['no-wheel', 'demo==1.0', [file('demo-1.0-cp311-cp311-win_amd64.whl')]],
    ['no-wheel', 'demo==1.0', [file('demo-1.0-cp311-cp311-musllinux_1_1_x86_64.whl')]],
    ['no-wheel', 'demo==1.0', [file('demo-1.0-py3-none-any.whl', { requiresPython: '>=3.12' })]],
    // Indexes keep files from before names and versions had rules.
    ['no-matching-version', 'demo==1.0', [file('demo-2004d-old.zip'), file('demo-0.9.win32.exe')]],
    ['no-matching-version', 'demo==1.0+cpu', [file('demo-1.0-py3-none-any.whl')]],
    ['no-matching-version', 'demo==1.0+cpu', [file('demo-1.0+cu118-py3-none-any.whl')]],
  ])('%s: %s', async (code, requirement, files) => {
    const failed = await check(requirement, files);
    expect(failed).toMatchObject({ code, message: expect.stringMatching(/^[A-Z].*'demo'.*\. [A-Z].*\.$/) });
  });

  it.each<[string, readonly IndexFile[]]>([
    ['demo==1.0', [file('demo-1.0-py3-none-any.whl')]],
    ['demo==1.0', [file('demo-1.0-py2.py3-none-any.whl', { requiresPython: '>=3.8' })]],
    ['demo==1.0', [file('demo-1.0-cp311-cp311-manylinux_2_17_x86_64.manylinux2014_x86_64.whl')]],
    ['demo==1.0', [file('demo-1.0-cp38-abi3-manylinux1_x86_64.whl')]],
    ['demo==1', [file('demo-1.0.0-py3-none-any.whl')]],
    ['demo==1.0', [file('demo-1.0+cpu-py3-none-any.whl')]],
    ['demo==1.0', [file('demo-1.0.tar.gz'), file('demo-1.0-py3-none-any.whl')]],
    ['demo==1.0', [file('demo-1.0-py3-none-any.whl', { requiresPython: 'nonsense' })]],
    ['demo==1.0', [file('demo-1.0.tar.gz', { yanked: 'broken' }), file('demo-1.0-py3-none-any.whl')]],
    ['demo==1.0', [file('demo-1.0-py3-none-any.whl'), file('demo-1.0.tar.gz', { yanked: 'broken' })]],
    ['demo==1.0+cpu', [file('demo-1.0+cpu-py3-none-any.whl')]],
    ['demo>=1.0', []],
    ['demo==1.0; python_version < "3.8"', []],
  ])('nothing, for %s', async (requirement, files) => {
    expect(await check(requirement, files)).toBeUndefined();
  });

  it('nothing, when the model names another index or the index is not to be reached', async () => {
    const spec = environmentSpec();
    const options = { ...spec.options, indexUrl: 'https://pypi.example/simple' };
    expect(await checkPins(indexOf({}), { ...spec, options })).toBeUndefined();
    const more = { ...spec.options, extraIndexUrls: ['https://pypi.example/simple'] };
    expect(await checkPins(indexOf({}), { ...spec, options: more })).toBeUndefined();
    const down: PackageIndex = { filesOf: () => Promise.reject(new Error('down')) };
    expect(await checkPins(down, spec)).toBeUndefined();
  });

  it.each<[string, string, string]>([
    ['with its reason', 'breaks on import', ' (breaks on import)'],
    ['without one, where none is given', '', ''],
    ['with no more of it than can be read', 'x'.repeat(1000), ` (${'x'.repeat(200)})`],
  ])('that it was withdrawn, %s', async (_, yanked, reason) => {
    expect((await check('demo==1.0', [file('demo-1.0-py3-none-any.whl', { yanked })]))?.message).toBe(
      `Version 1.0 of 'demo' was withdrawn from the index${reason}. Pin another version.`,
    );
  });

  it.each([0, 1, 7, 8, 19])('against any of twenty pins, such as number %i', async (wrong) => {
    const names = Array.from({ length: 20 }, (_, index) => `demo-${index}`);
    const has = names.filter((_, index) => index !== wrong);
    const index = indexOf(
      Object.fromEntries(has.map((name) => [name, [file(`${name.replace('-', '_')}-1-py3-none-any.whl`)]])),
    );
    const spec = environmentSpec({ requirements: names.map((name) => `${name}==1`) });
    expect((await checkPins(index, spec))?.message).toContain(`'demo-${wrong}'`);
  });

  it('after asking once for each project, eight at a time', async () => {
    const asked: string[] = [];
    let open = 0;
    let most = 0;
    const index: PackageIndex = {
      filesOf: async (project) => {
        asked.push(project);
        open += 1;
        most = Math.max(most, open);
        await new Promise(setImmediate);
        open -= 1;
        return [file(`${project}-1-py3-none-any.whl`)];
      },
    };
    const names = Array.from({ length: 20 }, (_, index) => `demo${index}`);
    await checkPins(index, environmentSpec({ requirements: names.map((name) => `${name}==1`) }));
    expect(asked).toEqual(names);
    expect(most).toBe(8);
  });

  it('ends a build before the builder is asked', async () => {
    const builder = scriptedBuilder();
    const world = environmentWorld(builder);
    const services = { ...world.services, packageIndex: indexOf({}) };
    const { key } = await ensureEnvironment(services, environmentSpec(), { causedBy: 'e', correlationId: 'e' });
    await buildEnvironment(services, { key });
    expect(await world.read(key)).toMatchObject({ phase: 'failed', failure: { code: 'no-matching-version' } });
    expect(builder.requests).toEqual([]);
  });
});

describe('what the last lines of a build mean', () => {
  it.each([
    [
      'no-matching-version',
      'ERROR: Could not find a version that satisfies the requirement numpy==99 (from versions: 1)',
    ],
    ['no-matching-version', 'ERROR: No matching distribution found for numpy==99'],
    ['conflict', 'ERROR: Cannot install a==1 and b==2 because these package versions have conflicting dependencies.'],
    ['conflict', 'ERROR: ResolutionImpossible: for help visit https://pip.pypa.io'],
    ['hash-mismatch', 'ERROR: THESE PACKAGES DO NOT MATCH THE HASHES FROM THE REQUIREMENTS FILE.'],
    [
      'no-wheel',
      'ERROR: Failed to build installable wheels for some pyproject.toml based projects\nFailed to build demo',
    ],
    ['network', 'WARNING: Retrying: NewConnectionError: Failed to establish a new connection: [Errno 111]'],
    ['network', 'Temporary failure in name resolution'],
    ['timeout', 'ReadTimeoutError: Read timed out.'],
    ['build-failed', 'who knows'],
    ['build-failed', ''],
  ])('%s: %s', (code, log) => {
    expect(classifyFailure(log)).toMatchObject({ code, message: expect.stringMatching(/^[A-Z].*\.$/) });
  });

  it('keeps the last lines, without credentials', () => {
    const { log = '' } = classifyFailure(
      `${'line\n'.repeat(100)}https://me:hunter2@pypi.example/x https://b.example/y?sv=1&sig=hunter2\n`,
    );
    expect(log.split('\n')).toHaveLength(20);
    expect(log).not.toContain('hunter2');
  });
});
