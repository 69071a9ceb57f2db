#!/usr/bin/env -S node --disable-warning=ExperimentalWarning
import { Command } from 'commander';
import { modelCommand } from './model-command.ts';
import { packageCommand } from './package-command.ts';
import { reportFailure } from './report-failure.ts';

const program = new Command('slipway')
  .description('Looks at MLflow models and packages them as images, on this machine and without a server.')
  .configureHelp({ showGlobalOptions: true })
  .exitOverride()
  .addCommand(modelCommand())
  .addCommand(packageCommand());

// Whoever reads the output may stop early, as `head` does.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error;
  process.exit();
});

try {
  await program.parseAsync();
} catch (error) {
  process.exitCode = reportFailure(error);
}
