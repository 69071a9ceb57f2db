import { cpSync, globSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import * as z from 'zod';
import { toDeployedManifest } from './deployed-manifest.ts';

/** Lays out `dist/package` out of a built `dist`: all that is uploaded to Azure. */
const ROOT = fileURLToPath(new URL('../', import.meta.url));
const PACKAGE = `${ROOT}dist/package`;

const manifest = z
  .object({
    name: z.string(),
    version: z.string(),
    main: z.string(),
    dependencies: z.record(z.string(), z.string()),
  })
  .parse(JSON.parse(readFileSync(`${ROOT}package.json`, 'utf8')));

rmSync(PACKAGE, { recursive: true, force: true });
const bundles = globSync('dist/**/*.{js,mjs,cjs}', { cwd: ROOT });
if (bundles.length === 0) throw new Error("nothing is built: run 'npm run build' first");

mkdirSync(PACKAGE, { recursive: true });
for (const path of globSync('dist/*', { cwd: ROOT, exclude: ['dist/package'] })) {
  cpSync(`${ROOT}${path}`, `${PACKAGE}/${path}`, { recursive: true });
}
// Goes into the images of Python models as it is.
for (const path of globSync('scoring/python/*.{py,txt}', { cwd: ROOT })) cpSync(`${ROOT}${path}`, `${PACKAGE}/${path}`);
cpSync(`${ROOT}host.json`, `${PACKAGE}/host.json`);
const deployed = toDeployedManifest(
  manifest,
  bundles.map((path) => readFileSync(`${ROOT}${path}`, 'utf8')),
);
writeFileSync(`${PACKAGE}/package.json`, `${JSON.stringify(deployed, undefined, 2)}\n`);
console.log(
  `dist/package: ${bundles.length} bundles, installs ${Object.keys(deployed.dependencies).join(', ') || 'nothing'}`,
);
