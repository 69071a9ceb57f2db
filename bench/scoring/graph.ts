import { InferenceSession, Tensor } from 'onnxruntime-node';

export interface Graph {
  predict(rows: readonly (readonly number[])[]): Promise<readonly unknown[]>;
}

/** A graph with one matrix of numbers as its input and one output, run with one thread. */
export const openGraph = async (path: string): Promise<Graph> => {
  const session = await InferenceSession.create(path, { intraOpNumThreads: 1, interOpNumThreads: 1 });
  const [input] = session.inputMetadata;
  const [output] = session.outputNames;
  if (input?.isTensor !== true || output === undefined) throw new Error('the graph has no tensor as its input');
  const isDouble = input.type === 'float64';
  return {
    async predict(rows) {
      const cells = rows.flat();
      const data = isDouble ? Float64Array.from(cells) : Float32Array.from(cells);
      const matrix = new Tensor(isDouble ? 'float64' : 'float32', data, [rows.length, rows[0]?.length ?? 0]);
      const answer = (await session.run({ [input.name]: matrix }))[output];
      const values = Array.from(answer?.data as ArrayLike<number | bigint>);
      return values.map(Number);
    },
  };
};
