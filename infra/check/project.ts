import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { loadCatalogue } from './catalogue.ts';
import type { Sources } from './evaluate.ts';
import type { Finding } from './finding.ts';
import { checkLoaded } from './loaded.ts';
import { checkModules } from './modules.ts';
import { checkNames } from './names.ts';
import { type BicepFile, parseBicep } from './parse.ts';
import { checkResources } from './resources.ts';
import { checkSecurity } from './secure.ts';

/** The Bicep files of a folder and the JSON beside them, by path with forward slashes. */
export const readSources = (folder: string): Sources => {
  const paths = [...globSync('**/*.bicep', { cwd: folder }), ...globSync('*.json', { cwd: folder })];
  return new Map(paths.map((path) => [path.replaceAll('\\', '/'), readFileSync(join(folder, path), 'utf8')]));
};

/** Everything that is wrong, sorted by file and line. A file that cannot be read is checked no further. */
export const checkSources = async (sources: Sources): Promise<readonly Finding[]> => {
  const files = new Map<string, BicepFile>();
  for (const [path, text] of sources) {
    if (path.endsWith('.bicep')) files.set(path, await parseBicep(path, text));
  }
  const catalogue = loadCatalogue();
  const findings = [...files.values()].flatMap((file) => {
    const names = checkNames(file);
    if (names.some((finding) => finding.rule === 'syntax')) return names;
    return [
      ...names,
      ...checkLoaded(file, sources),
      ...checkModules(file, { files, sources }),
      ...checkResources(file, { sources, catalogue }),
      ...checkSecurity(file),
    ];
  });
  return findings.toSorted((a, b) => a.file.localeCompare(b.file) || a.line - b.line);
};
