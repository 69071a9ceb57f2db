import { resolve } from 'node:path';
import { Command } from 'commander';
import { createFolderFiles } from '../shared/packaging/files/folder-files.ts';
import type { ModelReport } from '../shared/packaging/model/report.ts';
import { reportModel, unreachableReport } from '../shared/packaging/model/report-model.ts';
import { isSlipwayError } from '../shared/platform/errors.ts';
import { EXIT } from './report-failure.ts';
import { reportLines } from './report-lines.ts';
import { say, withProgress } from './terminal.ts';

/** `slipway model …`: what a model folder on this machine holds. */
export const modelCommand = (): Command =>
  new Command('model')
    .description('look at a model')
    .addCommand(
      new Command('inspect')
        .description('say what a model folder holds, how it would be served, what is missing and what it could run')
        .argument('<folder>', 'folder that holds the MLmodel file')
        .option('--json', 'the report as JSON', false)
        .addHelpText(
          'after',
          '\nEnds with 0 when the model can be served, 2 when it is refused, 1 for any other failure.',
        )
        .action(inspect),
    );

const inspect = async (folder: string, { json }: { readonly json: boolean }): Promise<void> => {
  const report = await withProgress(`reading ${folder}`, () => reportFolder(resolve(folder)));
  process.exitCode = report.serving.kind === 'servable' ? EXIT.done : EXIT.refused;
  say(json ? JSON.stringify(report, null, 2) : reportLines(report).join('\n'));
};

const reportFolder = async (folder: string): Promise<ModelReport> => {
  try {
    return await reportModel(createFolderFiles(folder, { contentIds: false }));
  } catch (error) {
    // A link in the folder is the model's fault; a folder that is not there is not.
    if (isSlipwayError(error) && error.code === 'INVALID_PARAMETER_VALUE') return unreachableReport(error.message);
    throw error;
  }
};
