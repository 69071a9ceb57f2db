import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { createFolderFiles } from '../shared/packaging/files/folder-files.ts';
import type { ModelFiles } from '../shared/packaging/files/model-files.ts';
import { type OnnxPlan, type PythonPlan, planServing } from '../shared/packaging/model/plan-serving.ts';
import { readModel } from '../shared/packaging/model/read-model.ts';
import type { PackageRequest } from '../shared/packaging/plan-image.ts';
import { ModelRefused } from './report-failure.ts';

export interface Servable {
  readonly plan: OnnxPlan | PythonPlan;
  /** All of a request to package it but its name and its server. */
  readonly model: Pick<PackageRequest, 'files' | 'listing' | 'mlmodel' | 'signatureJson'>;
}

/** @throws ModelRefused when it cannot be served */
export const readServable = async (folder: string): Promise<Servable> => {
  const files = createFolderFiles(resolve(folder));
  const read = await readModel(files);
  const plan = planServing(read);
  if (plan.kind === 'refused') throw new ModelRefused(plan.refusal);
  const { mlmodel, signatureJson } = plan;
  return { plan, model: { files, listing: read.listing, mlmodel, signatureJson } };
};

const besideUs = (path: string): string => fileURLToPath(new URL(`../${path}`, import.meta.url));

/** The scoring server of onnx models, as it was built. */
export const onnxServer = (): ModelFiles =>
  createFolderFiles(process.env['SCORING_SERVER_DIR'] ?? besideUs('dist/scoring'));

/** The scoring server of Python models. */
export const pythonServer = (): ModelFiles =>
  createFolderFiles(process.env['PYTHON_SERVER_DIR'] ?? besideUs('scoring/python'));
