// Bundles the function app for deployment: dist/functions/main.js and, for the images it builds, dist/scoring/.
import { execFileSync } from 'node:child_process';
import { rmSync } from 'node:fs';
import { bundle } from './bundle.mjs';

rmSync('dist/functions', { recursive: true, force: true });
await bundle('functions/main.ts', 'dist/functions/main.js');
execFileSync(process.execPath, ['scripts/build-scoring.mjs'], { stdio: 'inherit' });
