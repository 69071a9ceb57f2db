// Bundles the function app for deployment: dist/functions/main.js and, for the images it builds, dist/scoring/.
import { execFileSync } from 'node:child_process';
import { rmSync } from 'node:fs';
import { build } from 'esbuild';

rmSync('dist/functions', { recursive: true, force: true });
await build({
  entryPoints: ['functions/main.ts'],
  outfile: 'dist/functions/main.js',
  bundle: true,
  platform: 'node',
  target: 'node24',
  format: 'esm',
  minify: true,
  keepNames: true,
  sourcemap: true,
  sourcesContent: false,
  legalComments: 'linked',
  // The worker hands out the core itself, and the programming model must be the one copy that it knows.
  external: ['@azure/functions', '@azure/functions-core'],
  // Bundled CommonJS packages call require; the alias keeps clear of one that declares createRequire itself.
  banner: {
    js: "import{createRequire as __createRequire}from'node:module';const require=__createRequire(import.meta.url);",
  },
});
execFileSync(process.execPath, ['scripts/build-scoring.mjs'], { stdio: 'inherit' });
