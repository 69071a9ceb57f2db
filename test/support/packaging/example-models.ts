import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The folder of one version of the example model. */
export const exampleModel = (version: 'v1' | 'v2' | 'v3' | 'v4'): string =>
  fileURLToPath(new URL(`../../../examples/diabetes/models/${version}`, import.meta.url));

const SIGNATURE = `
  inputs: '[{"type": "double", "name": "x", "required": true}]'
  outputs: '[{"type": "float", "name": "y", "required": true}]'
  params: null`;

/** A whole request body that the example model can answer. */
export const servingInput = (version: Parameters<typeof exampleModel>[0]): Promise<string> =>
  readFile(join(exampleModel(version), 'serving_input_example.json'), 'utf8');

/** An MLmodel file of a model with one column; the parts that tests vary can be replaced. */
export const mlmodelText = ({
  flavors = 'onnx:\n    data: model.onnx\n  python_function:\n    loader_module: mlflow.onnx',
  signature = SIGNATURE,
  more = '',
}: {
  readonly flavors?: string;
  readonly signature?: string;
  readonly more?: string;
} = {}): string =>
  `flavors:\n  ${flavors}\nmodel_uuid: 00000000000000000000000000000001
mlflow_version: 3.17.2
utc_time_created: '2026-01-02 03:04:05.678901'
signature: ${signature}
${more}`;

/** The smallest folder that can be packaged. */
export const tinyModel = (): Record<string, string> => ({
  MLmodel: mlmodelText(),
  'model.onnx': 'graph',
  'serving_input_example.json': '{"inputs": {"x": [1.5]}}',
});
