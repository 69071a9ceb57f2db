import { fileURLToPath } from 'node:url';
import { formatFinding } from './check/finding.ts';
import { checkSources, readSources } from './check/project.ts';
import { staleFiles } from './generate.ts';

/** Checks the Bicep files without a Bicep compiler and without a network. See README.md for what it can see. */
const sources = readSources(fileURLToPath(new URL('.', import.meta.url)));
const findings = await checkSources(sources);
const stale = staleFiles();

for (const finding of findings) console.error(`infra/${formatFinding(finding)}`);
for (const name of stale) console.error(`infra/${name}:1 stale: run 'node infra/generate.ts'`);
if (findings.length + stale.length > 0) process.exitCode = 1;
else
  console.log(
    `infra: ${[...sources.keys()].filter((path) => path.endsWith('.bicep')).length} Bicep files, no findings`,
  );
