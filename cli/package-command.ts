import { Command, InvalidArgumentError, Option } from 'commander';
import type { BuildFlags } from './build-package.ts';
import type { VerifyFlags } from './verify-package.ts';

const CREDENTIALS = `
Environment variables:
  IMAGE_REGISTRY_USERNAME, IMAGE_REGISTRY_PASSWORD   credentials for the registry
  AZURE_CLIENT_ID, AZURE_TENANT_ID, …                for Azure Container Registry: an app registration
  PYTHON_INDEX_URL                                   package index, with its credential if it needs one`;

/** `slipway package …`: images of models, made and looked at on this machine. Each command is loaded when it is run. */
export const packageCommand = (): Command =>
  new Command('package')
    .description('make images of models, and look at them')
    .addCommand(build())
    .addCommand(inspect())
    .addCommand(verify());

const encoding = () =>
  new Option('--encoding <form>', 'how layers are kept').choices(['stored', 'none', 'auto']).default('stored');

const json = () => new Option('--json', 'the result as JSON').default(false);

const build = (): Command =>
  new Command('build')
    .description('package a model folder as an image, without Docker')
    .argument('<folder>', 'folder that holds the MLmodel file')
    .requiredOption('--name <model>', 'name of the model; its image goes to models/<model>')
    .requiredOption('--version <number>', 'version of the model; its tag is v<number>', version)
    .option('--output <layout>', 'oci:<folder>: an OCI image layout on this machine')
    .option('--registry <url>', 'registry, such as ghcr.io/team or http://127.0.0.1:5000')
    .option('--base <image>', 'what to build on, in the same place: an image that brings Node or Python')
    .addOption(encoding())
    .addOption(json())
    .addHelpText('after', CREDENTIALS)
    .action(async (folder: string, flags: BuildFlags) =>
      (await import('./build-package.ts')).buildCommand(folder, flags),
    );

const inspect = (): Command =>
  new Command('inspect')
    .description('say what an image of a model holds')
    .argument('<image>', 'oci:<folder>:models/<model>:v<number> or <registry>/models/<model>:v<number>')
    .addOption(json())
    .addHelpText('after', CREDENTIALS)
    .action(async (image: string, flags: { readonly json: boolean }) =>
      (await import('./inspect-image.ts')).inspectImageCommand(image, flags),
    );

const verify = (): Command =>
  new Command('verify')
    .description('make the image of a folder again, without storing it, and say where the stored one differs')
    .argument('<folder>', 'folder that holds the MLmodel file')
    .argument('<image>', 'oci:<folder>:models/<model>:v<number> or <registry>/models/<model>:v<number>')
    .addOption(encoding())
    .addOption(json())
    .addHelpText('after', '\nEnds with 0 when they are equal, 2 when they are not, 1 for any other failure.')
    .addHelpText('after', CREDENTIALS)
    .action(async (folder: string, image: string, flags: VerifyFlags) =>
      (await import('./verify-package.ts')).verifyCommand(folder, image, flags),
    );

const version = (text: string): string => {
  if (/^[1-9]\d{0,14}$/.test(text)) return text;
  throw new InvalidArgumentError('It must be a whole number from 1.');
};
