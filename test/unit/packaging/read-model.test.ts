import { describe, expect, it } from 'vitest';
import { readModel } from '../../../shared/packaging/model/read-model.ts';
import { mlmodelText, tinyModel } from '../../support/packaging/example-models.ts';
import { memoryFiles } from '../../support/packaging/memory-files.ts';

describe('a model folder', () => {
  it('gives its serving input', async () => {
    const { servingInput } = await readModel(memoryFiles(tinyModel()));

    expect(servingInput).toEqual({ path: 'serving_input_example.json', content: '{"inputs": {"x": [1.5]}}' });
  });

  it('gives a request made of an older input example', async () => {
    const { servingInput } = await readModel(
      memoryFiles({ MLmodel: mlmodelText(), 'input_example.json': '{"columns":["x"],"data":[[1.5]]}' }),
    );

    expect(servingInput?.content).toBe('{"dataframe_split":{"columns":["x"],"data":[[1.5]]}}');
  });

  it.each([
    ['there is none', {}],
    ['it is no JSON', { 'serving_input_example.json': '{' }],
    ['it is huge', { 'serving_input_example.json': `"${'x'.repeat(1024 * 1024)}"` }],
  ])('gives no serving input when %s', async (_, files) => {
    expect((await readModel(memoryFiles({ MLmodel: mlmodelText(), ...files }))).servingInput).toBeUndefined();
  });
});
