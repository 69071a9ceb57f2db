// Brings a fresh clone to where every script can run: the locked dependencies with Node 24 among them.
// Plain JavaScript, because it runs on whatever Node (>= 20) the machine has.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';

const STAMP = 'node_modules/.slipway-setup';

/** Packages whose install script is needed: Node 24 itself, and esbuild's binary. All others stay unrun. */
const WITH_INSTALL_SCRIPT = ['node', 'esbuild'];

const [major = 0] = process.versions.node.split('.').map(Number);
if (major < 20) {
  console.error(`Slipway needs Node 20 or newer to set itself up; this is ${process.version}.`);
  process.exit(1);
}

const wanted = createHash('sha256').update(readFileSync('package-lock.json')).digest('hex');
const have = existsSync(STAMP) ? readFileSync(STAMP, 'utf8') : undefined;
if (have === wanted) process.exit(0);

const npm = (...args) => {
  const { status } = spawnSync('npm', args, {
    stdio: ['ignore', 'ignore', 'inherit'],
    shell: process.platform === 'win32',
  });
  if (status !== 0) {
    console.error(`"npm ${args.join(' ')}" failed. Check the network and try again; nothing else was changed.`);
    process.exit(status ?? 1);
  }
};

const started = Date.now();
console.log('Setting up: installing locked dependencies (about a minute, once) ...');
npm('ci', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error');
npm('rebuild', ...WITH_INSTALL_SCRIPT, '--loglevel=error');
writeFileSync(STAMP, wanted);
console.log(`Set up in ${Math.round((Date.now() - started) / 1000)} s.`);
