import { rm } from 'node:fs/promises';
import { resolve } from 'node:path';
import { Command, InvalidArgumentError } from 'commander';
import pc from 'picocolors';
import type { StackRegistry, WheelSettings } from './app-settings.ts';
import { portsFrom } from './ports.ts';
import { type Stack, startStack } from './start-stack.ts';

const port = (text: string): number => {
  const number = Number(text);
  if (!Number.isInteger(number) || number < 1 || number > 65_530) {
    throw new InvalidArgumentError('must be a whole number from 1 to 65530');
  }
  return number;
};

const registryUrl = (text: string): string => {
  const url = URL.parse(text);
  if (url === null || !/^https?:$/.test(url.protocol)) throw new InvalidArgumentError('must be a URL');
  if (url.username !== '' || url.password !== '') {
    throw new InvalidArgumentError('must hold no password: set IMAGE_REGISTRY_USERNAME and IMAGE_REGISTRY_PASSWORD');
  }
  return text;
};

/** A registry's credentials come from the environment: everybody can read the command line. */
const chosenRegistry = (url: string): StackRegistry => {
  const { IMAGE_REGISTRY_USERNAME: username, IMAGE_REGISTRY_PASSWORD: password } = process.env;
  return username === undefined || password === undefined ? { url } : { url, username, password };
};

const program = new Command('npm start --')
  .description('Runs Slipway and everything it needs on this machine, until Ctrl-C.')
  .option('--port <number>', 'base port: MLflow and own API; the rest follows on the next ports', port, 7071)
  .option('--azure-port <number>', 'Azure emulator: ARM, Event Grid, scoring (default: base + 1)', port)
  .option('--cosmos-port <number>', 'Cosmos DB emulator (default: base + 2)', port)
  .option('--blob-port <number>', 'Blob Storage (default: base + 3)', port)
  .option('--queue-port <number>', 'Queue Storage (default: base + 4)', port)
  .option('--data <dir>', 'where everything is kept', '.slipway')
  .option('--fresh', 'begin with nothing: deletes the data folder first', false)
  .option('--auth', 'ask clients for the access token', false)
  .option('--without-host', 'writes local.settings.json and waits for a host that you start, such as func', false)
  .option('--wheel-cache <dir>', 'keep fetched Python packages here, for several stacks (default: with the data)')
  .option('--registry <url>', 'keep images in this OCI registry, as in http://127.0.0.1:5000/team', registryUrl)
  .option('--allow-private-egress', 'let webhooks go to this machine and private networks', false)
  .parse();

const flags = program.opts<{
  port: number;
  azurePort?: number;
  cosmosPort?: number;
  blobPort?: number;
  queuePort?: number;
  data: string;
  fresh: boolean;
  auth: boolean;
  allowPrivateEgress: boolean;
  withoutHost: boolean;
  registry?: string;
  wheelCache?: string;
}>();

const chosenPorts = {
  ...(flags.azurePort === undefined ? {} : { azure: flags.azurePort }),
  ...(flags.cosmosPort === undefined ? {} : { cosmos: flags.cosmosPort }),
  ...(flags.blobPort === undefined ? {} : { blob: flags.blobPort }),
  ...(flags.queuePort === undefined ? {} : { queue: flags.queuePort }),
};

/** What the settings of the same name say; a feed's address may hold a password, so it is no flag. */
const chosenWheels = (): Partial<WheelSettings> => {
  const { PYTHON_INDEX_URL, WHEELHOUSE, UV_PATH } = process.env;
  return {
    ...(flags.wheelCache === undefined ? {} : { WHEEL_CACHE: resolve(flags.wheelCache) }),
    ...(PYTHON_INDEX_URL === undefined ? {} : { PYTHON_INDEX_URL }),
    ...(WHEELHOUSE === undefined ? {} : { WHEELHOUSE }),
    ...(UV_PATH === undefined ? {} : { UV_PATH }),
  };
};

const say = (line: string): void => void process.stdout.write(`${line}\n`);

const welcome = (stack: Stack, startedInMs: number): void => {
  const { api, azure } = stack.urls;
  say(`${pc.green('Slipway is up')} ${pc.dim(`(${(startedInMs / 1000).toFixed(1)} s, data in ${flags.data})`)}`);
  say('');
  say(`  MLflow clients   ${pc.bold(api)}   ${pc.dim(`export MLFLOW_TRACKING_URI=${api}`)}`);
  say(`  own API          ${pc.bold(`${api}/api/v1`)}   ${pc.dim(`described by ${api}/api/openapi.json`)}`);
  say(`  Azure emulator   ${pc.bold(azure)}   ${pc.dim('scoring, ARM, Event Grid')}`);
  if (flags.registry !== undefined) say(`  images           ${flags.registry}`);
  say(`  logs             ${flags.data}/logs/`);
  if (flags.auth) say(`  access token     ${stack.credentials.accessToken}`);
  else say(pc.dim('  access is open on this machine; --auth asks for a token'));
  say('');
  say(pc.dim('  Ctrl-C stops it; what it knows stays in the data folder.'));
};

const began = performance.now();
if (flags.fresh) await rm(flags.data, { recursive: true, force: true });
try {
  say(pc.dim('starting ...'));
  const stack = await startStack({
    ports: portsFrom(flags.port, chosenPorts),
    dataDir: flags.data,
    auth: flags.auth,
    allowPrivateEgress: flags.allowPrivateEgress,
    report: (line) => say(pc.yellow(line)),
    wheels: chosenWheels(),
    ...(flags.registry === undefined ? {} : { registry: chosenRegistry(flags.registry) }),
    ...(flags.withoutHost ? { settingsFile: 'local.settings.json' } : {}),
  });
  welcome(stack, performance.now() - began);
  let stopping = false;
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.on(signal, () => {
      if (stopping) return;
      stopping = true;
      say(pc.dim('stopping ...'));
      void stack.stop().finally(() => process.exit(0));
    });
  }
} catch (error) {
  say(pc.red(`Slipway could not start: ${(error as Error).message}`));
  say('If a port is in use, choose others with --port.');
  process.exit(1);
}
