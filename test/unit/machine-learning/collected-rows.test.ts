import { describe, expect, it } from 'vitest';
import { inputRows, outputRows } from '../../../local/machine-learning/collected-rows.ts';

const body = (value: unknown): Buffer => Buffer.from(JSON.stringify(value));
const ROWS = [
  { age: 63, sex: 'm' },
  { age: 41, sex: 'f' },
];
const SPLIT = {
  columns: ['age', 'sex'],
  index: [0, 1],
  data: [
    [63, 'm'],
    [41, 'f'],
  ],
};

describe('inputRows', () => {
  it.each([
    { form: 'input_data as a split frame', value: { input_data: SPLIT } },
    { form: 'dataframe_split', value: { dataframe_split: SPLIT } },
    { form: 'dataframe_records', value: { dataframe_records: ROWS } },
    { form: 'instances as records', value: { instances: ROWS } },
    { form: 'inputs as named columns', value: { inputs: { age: [63, 41], sex: ['m', 'f'] } } },
  ])('reads $form', ({ value }) => expect(inputRows(body(value))).toEqual(ROWS));

  it('names the columns of unnamed rows by their position', () => {
    expect(inputRows(body({ instances: [[1, 2]] }))).toEqual([{ 0: 1, 1: 2 }]);
    expect(inputRows(body({ inputs: ['a text'] }))).toEqual([{ 0: 'a text' }]);
  });

  it.each(['not json', '3', '{"other": 1}'])('leaves %s out', (text) => {
    expect(inputRows(Buffer.from(text))).toBeUndefined();
  });
});

describe('outputRows', () => {
  it.each([
    { form: 'bare predictions', value: [0.5, 1] },
    { form: 'wrapped predictions', value: { predictions: [0.5, 1] } },
  ])('names the one column of $form', ({ value }) => {
    expect(outputRows(body(value))).toEqual([{ prediction: 0.5 }, { prediction: 1 }]);
  });

  it('keeps named outputs and numbers unnamed ones', () => {
    expect(outputRows(body([{ label: 'a', score: 0.9 }]))).toEqual([{ label: 'a', score: 0.9 }]);
    expect(outputRows(body([[0.1, 0.9]]))).toEqual([{ 0: 0.1, 1: 0.9 }]);
  });
});
