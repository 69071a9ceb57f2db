import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { epochMs } from '../../../shared/platform/time.ts';
import { ArmCalls } from '../../support/machine-learning/arm-calls.ts';
import { WORKSPACE_ID, WorkspaceFixture } from '../../support/machine-learning/workspace-fixture.ts';
import { until } from '../../support/until.ts';

let fixture: WorkspaceFixture;
let calls: ArmCalls;

beforeAll(async () => {
  fixture = await WorkspaceFixture.create();
  await fixture.start({ clock: () => epochMs(Date.UTC(2026, 0, 31, 7, 5)) });
  calls = new ArmCalls(fixture);
  await calls.createEndpoint('heart');
});
afterAll(() => fixture.dispose());

const collections = (mode: string) => ({
  model_inputs: { dataCollectionMode: 'Enabled', samplingRate: 1 },
  model_outputs: { dataCollectionMode: mode },
});

/** Lines of every blob below a prefix, by the folder it is in. */
const collected = async (prefix: string): Promise<Record<string, { data: unknown[]; [name: string]: unknown }[]>> => {
  const found: Record<string, { data: unknown[] }[]> = {};
  if (!(await fixture.collected.exists())) return found;
  for await (const { name } of fixture.collected.listBlobsFlat({ prefix })) {
    const { readableStreamBody } = await fixture.collected.getBlobClient(name).download();
    const lines = readableStreamBody ? (await text(readableStreamBody)).trim().split('\n') : [];
    found[name.slice(0, name.lastIndexOf('/'))] = lines.map((line) => JSON.parse(line) as { data: unknown[] });
  }
  return found;
};

describe('a data collector', () => {
  it('writes inputs and outputs of scored requests as JSON lines per hour', async () => {
    const image = await fixture.push('collecting');
    await calls.deploy('heart', 'one', {
      image,
      properties: { dataCollector: { collections: collections('Enabled'), rollingRate: 'Hour' } },
    });
    const forced = { 'azureml-model-deployment': 'one' };
    const rows = {
      columns: ['age', 'sex'],
      index: [0, 1],
      data: [
        [63, 'm'],
        [41, 'f'],
      ],
    };
    const { headers } = await calls.score('heart', { input_data: rows }, forced);
    await calls.score('heart', { status: 500 }, forced);
    await calls.score('heart', { dataframe_records: [{ age: 7 }] }, forced);
    const base = 'modelDataCollector/heart/one';
    const found = await until('two lines of each', async () => {
      const blobs = await collected(base);
      const isThere = ['model_inputs', 'model_outputs'].every(
        (name) => blobs[`${base}/${name}/2026/01/31/07`]?.length === 2,
      );
      return isThere ? blobs : undefined;
    });
    const [first, second] = found[`${base}/model_inputs/2026/01/31/07`] ?? [];
    const [output] = found[`${base}/model_outputs/2026/01/31/07`] ?? [];
    expect(first).toEqual({
      specversion: '1.0',
      id: expect.any(String),
      source: `${WORKSPACE_ID}/onlineEndpoints/heart/deployments/one`,
      type: 'azureml.inference.model_inputs',
      datacontenttype: 'application/json',
      time: '2026-01-31T07:05:00.000Z',
      data: [
        { age: 63, sex: 'm' },
        { age: 41, sex: 'f' },
      ],
      contentrange: 'bytes 0-42/43',
      correlationid: output?.['correlationid'],
      xrequestid: headers.get('x-request-id'),
      modelversion: 'default',
      collectdatatype: 'pandas.core.frame.DataFrame',
      agent: 'azureml-ai-monitoring/0.1.0b4',
    });
    expect(second?.data).toEqual([{ age: 7 }]);
    expect(output?.data).toEqual([{ prediction: 'collecting' }]);
  });

  it('collects only what is enabled, in folders of its rolling rate', async () => {
    const image = await fixture.push('partly');
    await calls.deploy('heart', 'two', {
      image,
      properties: { dataCollector: { collections: collections('Disabled'), rollingRate: 'Day' } },
    });
    await calls.score('heart', { instances: [[1, 2]] }, { 'azureml-model-deployment': 'two' });
    const base = 'modelDataCollector/heart/two';
    const found = await until('the line', async () => {
      const blobs = await collected(base);
      return Object.keys(blobs).length > 0 ? blobs : undefined;
    });
    expect(Object.keys(found)).toEqual([`${base}/model_inputs/2026/01/31`]);
  });
});
