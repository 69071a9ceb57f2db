import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { packageUsesOf } from '../../../functions/neighbours.ts';
import { sweep } from '../../../functions/timers/sweep.ts';
import { eventDataSchema } from '../../../shared/events/catalogue.ts';
import type { BuiltPackageDocument } from '../../../shared/packaging/package-document.ts';
import { judgePackages, type PackageUse } from '../../../shared/packaging/sweep/retention.ts';
import { type SweepPackagesServices, sweepPackages } from '../../../shared/packaging/sweep/sweep-packages.ts';
import { createSweepStore } from '../../../shared/packaging/sweep/sweep-store.ts';
import type { JournalEntry } from '../../../shared/platform/journal.ts';
import { type LogFields, silentLogger } from '../../../shared/platform/logging.ts';
import { createParkingLot } from '../../../shared/platform/parking.ts';
import { epochMs, toIso } from '../../../shared/platform/time.ts';
import { createMemoryDocuments } from '../../support/memory-documents.ts';
import { memoryImages } from '../../support/packaging/memory-images.ts';
import { artifactFor, smallImage } from '../../support/packaging/oci-documents.ts';
import { createMemoryBlobs } from '../../support/registry/memory-blobs.ts';

const DAY_MS = 86_400_000;
const NOW = epochMs(Date.parse('2026-06-01T10:00:00Z'));
const RETENTION = { keepLast: 1, minAgeMs: 30 * DAY_MS };

describe('which packages go', () => {
  const packageOf = (version: number, days: number) => ({
    model: 'heart',
    modelId: 'mo_1',
    version: String(version),
    digest: `sha256:${version}`,
    builtAt: epochMs(NOW - days * DAY_MS),
  });
  const judged = (uses: readonly PackageUse[]) =>
    judgePackages([packageOf(1, 90), packageOf(2, 60), packageOf(3, 5), packageOf(10, 40)], uses, RETENTION, NOW).map(
      ({ package: { version }, remove, because }) => [version, remove, because],
    );

  it('are the old ones, but the latest of a model', () => {
    expect(judged([])).toEqual([
      ['1', true, 'nothing needs it, and it is 90 days old'],
      ['2', true, 'nothing needs it, and it is 60 days old'],
      ['3', false, 'it is 5 days old'],
      ['10', false, 'it is one of the latest 1'],
    ]);
  });

  it.each<[string, PackageUse]>([
    ['a version', { model: 'heart', version: '1', by: 'alias champion' }],
    ['a version of a model that was renamed', { modelId: 'mo_1', version: '1', by: 'alias champion' }],
    ['an image', { digest: 'sha256:1', by: 'alias champion' }],
  ])('are none that something needs as %s', (_, use) => {
    expect(judged([use])[0]).toEqual(['1', false, 'alias champion needs it']);
  });

  it.each<[string, PackageUse]>([
    ['another model', { model: 'lung', version: '1', by: 'x' }],
    ['another version', { model: 'heart', version: '11', by: 'x' }],
    ['nothing known', { by: 'x' }],
    ['a deployment of no package', { model: undefined, version: undefined, digest: undefined, by: 'x' }],
  ])('go although %s is used', (_, use) => {
    expect(judged([use])[0]).toEqual(['1', true, 'nothing needs it, and it is 90 days old']);
  });

  it('go on the day they are old enough, not before', () => {
    const at = (ageMs: number) =>
      judgePackages(
        [{ ...packageOf(1, 0), builtAt: epochMs(NOW - ageMs) }],
        [],
        { keepLast: 0, minAgeMs: 30 * DAY_MS },
        NOW,
      ).map(({ remove, because }) => [remove, because]);

    expect(at(30 * DAY_MS - 1)).toEqual([[false, 'it is 29 days old']]);
    expect(at(30 * DAY_MS)).toEqual([[true, 'nothing needs it, and it is 30 days old']]);
  });

  it('never include one that is used, young, or among the latest, whatever there is', () => {
    const ages = fc.uniqueArray(fc.tuple(fc.nat(30), fc.nat(200)), { selector: ([version]) => version });
    fc.assert(
      fc.property(ages, fc.uniqueArray(fc.nat(30)), fc.nat(5), (built, used, keepLast) => {
        const packages = built.map(([version, days]) => packageOf(version, days));
        const uses = used.map((version) => ({ model: 'heart', version: String(version), by: 'x' }));
        const gone = judgePackages(packages, uses, { ...RETENTION, keepLast }, NOW).filter(({ remove }) => remove);
        const versions = gone.map(({ package: { version } }) => Number(version));
        const latest = built
          .map(([version]) => version)
          .sort((a, b) => b - a)
          .slice(0, keepLast);
        expect(versions.filter((version) => used.includes(version) || latest.includes(version))).toEqual([]);
        expect(gone.every(({ package: { builtAt } }) => NOW - builtAt >= RETENTION.minAgeMs)).toBe(true);
      }),
    );
  });
});

const setUp = async (versions: readonly number[] = [1, 2]) => {
  const documents = createMemoryDocuments();
  const images = memoryImages();
  let now = NOW;
  let uses: readonly PackageUse[] = [];
  const digests: string[] = [];
  for (const version of versions) {
    const manifest = await smallImage(images, 'models/heart', String(version));
    await images.putManifest('models/heart', manifest, `v${version}`);
    await images.putReferrer('models/heart', await artifactFor(images, 'models/heart', manifest.descriptor, 'bom'));
    digests.push(manifest.descriptor.digest);
    const built: BuiltPackageDocument = {
      id: `package:${version}`,
      kind: 'package',
      phase: 'built',
      model: 'heart',
      modelId: 'mo_1',
      version: String(version),
      requestedAt: toIso(NOW),
      causedBy: 'evt-1',
      correlationId: 'story-1',
      wakeUp: null,
      image: `images.example/models/heart@${manifest.descriptor.digest}`,
      digest: manifest.descriptor.digest,
      sizeBytes: 1,
      durationMs: 1,
      builtAt: toIso(epochMs(NOW - 90 * DAY_MS)),
    };
    await documents.commit('mo_1', [{ op: 'create', value: built }]);
  }
  const services: SweepPackagesServices = {
    sweepStore: createSweepStore(documents),
    packageUses: { all: async () => uses },
    images,
    retention: RETENTION,
    clock: () => now,
    log: silentLogger,
  };
  return {
    services,
    documents,
    images,
    digests,
    later: (ms: number) => {
      now = epochMs(now + ms);
    },
    use: (next: readonly PackageUse[]) => {
      uses = next;
    },
    left: () => documents.all().map(({ value }) => value.id),
  };
};

describe('sweeping packages', () => {
  it('does nothing where packages are kept for ever', async () => {
    const { services, left } = await setUp();

    expect(await sweepPackages({ ...services, retention: undefined })).toEqual({ packages: 0, images: 0 });
    expect(left()).toEqual(['package:1', 'package:2']);
  });

  it('removes the package first, says so, and its image with what refers to it later', async () => {
    const { services, documents, images, digests, later } = await setUp();

    expect(await sweepPackages(services)).toEqual({ packages: 1, images: 0 });
    expect(await images.listTags('models/heart')).toEqual(['v1', 'v2']);
    const entry = documents
      .all()
      .map(({ value }) => value as JournalEntry)
      .find(({ kind }) => kind === 'journal');
    expect(entry).toMatchObject({
      type: 'slipway.package.swept',
      subject: 'models/heart/versions/1',
      causedBy: 'evt-1',
    });
    expect(eventDataSchema('slipway.package.swept')?.safeParse(entry?.data).success).toBe(true);

    later(15 * 60_000);
    expect(await sweepPackages(services)).toEqual({ packages: 0, images: 1 });
    expect(await images.listTags('models/heart')).toEqual(['v2']);
    expect(await images.listReferrers('models/heart', digests[0] ?? '')).toEqual([]);
    expect(await images.listReferrers('models/heart', digests[1] ?? '')).toHaveLength(1);
    expect(documents.all().filter(({ value }) => value.kind === 'image-removal')).toEqual([]);
  });

  it('leaves the image to whoever began to use it meanwhile', async () => {
    const { services, images, use, later } = await setUp();
    await sweepPackages(services);
    use([{ model: 'heart', version: '1', by: 'a rollout' }]);
    later(15 * 60_000);

    expect(await sweepPackages(services)).toEqual({ packages: 0, images: 0 });
    expect(await images.listTags('models/heart')).toEqual(['v1', 'v2']);
  });

  it.each([
    ['is built again', 'built', 0],
    ['is being built again', 'requested', 1],
  ])('leaves the image of a package that %s', async (_, phase, removals) => {
    const { services, documents, images, digests, later } = await setUp();
    await sweepPackages(services);
    const again = { id: 'package:1', kind: 'package', phase, digest: digests[0], builtAt: toIso(NOW) };
    await documents.commit('mo_1', [{ op: 'create', value: again }]);
    later(15 * 60_000);

    expect((await sweepPackages(services)).images).toBe(0);
    expect(await images.listTags('models/heart')).toEqual(['v1', 'v2']);
    expect(documents.all().filter(({ value }) => value.kind === 'image-removal')).toHaveLength(removals);
  });

  it('removes nothing while it cannot be told what is used', async () => {
    const { services, left } = await setUp();
    const packageUses = {
      all: async () => {
        throw new Error('the platform does not answer');
      },
    };

    await expect(sweepPackages({ ...services, packageUses })).rejects.toThrow('does not answer');
    expect(left()).toEqual(['package:1', 'package:2']);
  });

  it('removes the image in the end, also when the registry fails at first', async () => {
    const { services, images, later } = await setUp();
    await sweepPackages(services);
    later(15 * 60_000);
    const failing = {
      ...images,
      deleteManifest: async () => {
        throw new Error('the registry is gone');
      },
    };
    await expect(sweepPackages({ ...services, images: failing })).rejects.toThrow('gone');

    expect(await sweepPackages(services)).toEqual({ packages: 0, images: 1 });
    expect(await images.listTags('models/heart')).toEqual(['v2']);
  });

  it('leaves packages whose images are in another registry', async () => {
    const { services, left } = await setUp();

    expect(await sweepPackages({ ...services, images: memoryImages('other.example') })).toMatchObject({ packages: 0 });
    expect(left()).toContain('package:1');
  });

  it('happens once an hour, and never stops what else is swept', async () => {
    const { services, left, later } = await setUp();
    const warned: LogFields[] = [];
    const all = {
      ...services,
      log: { ...silentLogger, warn: (fields: LogFields) => void warned.push(fields) },
      wakingKinds: [],
      queues: { send: async () => undefined },
      blobs: createMemoryBlobs(),
      parkingLot: createParkingLot(createMemoryDocuments()),
    };
    later(60_000);
    await sweep(all);
    expect(left()).toContain('package:1');
    later(59 * 60_000);
    const failing = { all: () => Promise.reject(new Error('no answer')) };
    await sweep({ ...all, packageUses: failing });
    expect(warned).toEqual([{ code: 'INTERNAL_ERROR', reason: 'no answer' }]);
    await sweep(all);
    expect(left()).not.toContain('package:1');
  });
});

describe('what needs packages', () => {
  it('is what rollouts come from and go to, every deployment, and every alias', async () => {
    const endpoint = {
      name: 'heart',
      stable: { deployment: 'v3', model: 'heart', version: '3' },
      activeRolloutId: 'heart.ro_1',
      pending: { rolloutId: 'heart.ro_2', model: 'heart', version: '6' },
      deployments: [{ name: 'held', health: 'ready', model: { name: 'heart', version: '2' } }],
    };
    const rollout = { model: 'heart', version: '5', from: { deployment: 'v4', model: 'heart', version: '4' } };
    const uses = await packageUsesOf({
      rollouts: {
        listEndpoints: async () => ({ items: [{ value: endpoint, etag: '1' }] }),
        readRollout: async () => ({ value: rollout, etag: '1' }),
      } as never,
      endpoints: { listDeployments: async () => [{ name: 'x', provisioningState: 'Failed', image: 'r/m@sha256:9' }] },
      registry: {
        async *models() {
          yield { name: 'heart', modelId: 'mo_1', aliases: [{ alias: 'champion', version: 1 }] } as never;
        },
      },
    }).all();

    expect(uses.map(({ modelId, version, digest }) => [modelId, version ?? digest])).toEqual([
      ['mo_1', '3'],
      ['mo_1', '4'],
      ['mo_1', '5'],
      ['mo_1', '6'],
      ['mo_1', '2'],
      [undefined, 'sha256:9'],
      ['mo_1', '1'],
    ]);
  });
});
