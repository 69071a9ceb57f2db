import type { ModelFiles } from '../files/model-files.ts';
import type { BuilderTraits } from './describe-environment.ts';
import { describeModel } from './describe-model.ts';
import { readHeads } from './read-heads.ts';
import { readModel } from './read-model.ts';
import type { ModelReport } from './report.ts';

/**
 * What a model folder holds and how it would be served. Reads its small files and the first bytes of some others, so
 * the size of the model does not matter; nothing of it is loaded.
 *
 * @param builder - whether environments here may hold conda packages
 */
export const reportModel = async (
  files: ModelFiles,
  builder: BuilderTraits = { conda: false },
): Promise<ModelReport> => {
  const folder = await readModel(files);
  const mlmodel = folder.mlmodel?.kind === 'parsed' ? folder.mlmodel.mlmodel : undefined;
  return describeModel(folder, await readHeads(files, mlmodel, folder.listing), builder);
};

/** The report on files that cannot be read, with the reason in one sentence. */
export const unreachableReport = (message: string): ModelReport => ({
  serving: { kind: 'unreachable', message },
  missing: [],
});
