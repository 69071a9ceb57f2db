import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { accessPage } from './docs/access-page.ts';
import { apiPage } from './docs/api-page.ts';
import { emulatorsPage } from './docs/emulators-page.ts';
import { errorsPage } from './docs/errors-page.ts';
import { eventsPage } from './docs/events-page.ts';
import { policiesPage } from './docs/policies-page.ts';
import { settingsPage } from './docs/settings-page.ts';

const FOLDER = new URL('../docs/reference/', import.meta.url);

/** The reference pages that come from the code, by file name. */
export const generatedPages = (): Readonly<Record<string, string>> => ({
  'access.md': accessPage(),
  'api.md': apiPage(),
  'emulators.md': emulatorsPage(),
  'errors.md': errorsPage(),
  'events.md': eventsPage(),
  'policies.md': policiesPage(),
  'settings.md': settingsPage(),
});

const stored = (url: URL): string | undefined => {
  try {
    return readFileSync(url, 'utf8');
  } catch {
    return undefined;
  }
};

/** Names of the pages that are not what the code says. */
export const stalePages = (): readonly string[] =>
  Object.entries(generatedPages())
    .filter(([name, content]) => stored(new URL(name, FOLDER)) !== content)
    .map(([name]) => name);

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const stale = stalePages();
  const pages = generatedPages();
  for (const name of stale) writeFileSync(new URL(name, FOLDER), pages[name] ?? '');
  console.log(stale.length === 0 ? 'docs/reference is up to date' : `wrote docs/reference/${stale.join(', ')}`);
}
