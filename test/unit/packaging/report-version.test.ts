import { describe, expect, it } from 'vitest';
import { modelReportRoutes } from '../../../functions/http/api/model-reports.ts';
import type { ModelFiles } from '../../../shared/packaging/files/model-files.ts';
import { reportVersion } from '../../../shared/packaging/report-version.ts';
import { SlipwayError } from '../../../shared/platform/errors.ts';
import { answer } from '../../../shared/platform/http/answer.ts';
import type { AnyRoute } from '../../../shared/platform/http/route.ts';
import { tinyModel } from '../../support/packaging/example-models.ts';
import { memoryFiles } from '../../support/packaging/memory-files.ts';
import { createRegistryServices, mlflowClient } from '../../support/registry/registry-server.ts';

type Found = { readonly files: ModelFiles } | { readonly unreachable: string };

const reportOf = async (filesOf: () => Promise<Found>, version = '1', name = 'heart') => {
  const services = { ...createRegistryServices(), modelSource: { filesOf }, environmentBuilder: { conda: false } };
  const client = mlflowClient(services);
  await client.post('registered-models/create', { name: 'heart' });
  await client.post('model-versions/create', { name: 'heart', source: 's3://bucket/1' });
  const [route]: readonly AnyRoute<typeof services>[] = modelReportRoutes;
  if (route === undefined) throw new Error('there is no route');
  const request = {
    params: { name, version },
    query: new URLSearchParams(),
    contentType: undefined,
    text: async () => '',
    header: () => undefined,
    stream: undefined,
  };
  return { ...(await answer(route, request, services)), services };
};

const files = async (): Promise<Found> => ({ files: memoryFiles(tinyModel()) });

const failing = (error: unknown) => async (): Promise<Found> => ({
  files: {
    ...memoryFiles(tinyModel()),
    open: async () => {
      throw error;
    },
  },
});

describe('GET …/versions/{version}/report', () => {
  it('tells what the version holds', async () => {
    expect(await reportOf(files)).toMatchObject({ json: { serving: { kind: 'servable', server: 'node' } } });
  });

  it.each([
    ['model', '1', 'lung'],
    ['version', '2', 'heart'],
    ['version that is a number', 'one', 'heart'],
  ])('finds no other %s', async (_, version, name) => {
    const { status } = await reportOf(files, version, name);

    expect(status === 404 || status === 400).toBe(true);
  });

  it.each([
    ['the source is elsewhere', async () => ({ unreachable: 'it is in S3' }), 'it is in S3'],
    ['a file is gone', failing(new SlipwayError('RESOURCE_DOES_NOT_EXIST', 'it was deleted')), 'it was deleted'],
    ['the server is down', failing(new SlipwayError('TEMPORARILY_UNAVAILABLE', 'it is down')), 'it is down'],
    ['the connection breaks', failing(new Error('ECONNRESET 10.0.0.7')), 'broke off'],
  ])('says so when %s', async (_, source, words) => {
    const { status = 200, json } = await reportOf(source);

    expect(status).toBe(200);
    expect(json).toEqual({
      serving: { kind: 'unreachable', message: expect.stringContaining(words) },
      missing: [],
    });
  });

  it('says so when reading takes too long', async () => {
    const { services } = await reportOf(files);
    const endless = { ...services, modelSource: { filesOf: () => new Promise<never>(() => undefined) } };

    expect(await reportVersion(endless, { name: 'heart', version: '1' }, 5)).toMatchObject({
      serving: { kind: 'unreachable', message: expect.stringContaining('0.005 s') },
    });
  });
});
