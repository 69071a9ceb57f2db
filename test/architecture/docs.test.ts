import { existsSync, globSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { apiRoutes } from '../../functions/http/api/routes.ts';
import { mlflowRoutes } from '../../functions/http/mlflow/routes.ts';
import { mlflowWebhook } from '../../functions/http/mlflow/webhook.ts';
import { ABOUT } from '../../scripts/docs/access-page.ts';
import { POLICY_MEANINGS, SETTING_MEANINGS } from '../../scripts/docs/meanings.ts';
import { policyPaths } from '../../scripts/docs/policies-page.ts';
import { settingNames } from '../../scripts/docs/settings-page.ts';
import { stalePages } from '../../scripts/generate-docs.ts';
import { parsePolicy } from '../../shared/rollout/policy.ts';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const PAGES = globSync(['*.md', 'docs/**/*.md', 'examples/**/*.md', 'infra/**/*.md'], {
  cwd: ROOT,
  exclude: (path) => path.includes('node_modules') || path.includes('.venv'),
}).map((path) => path.replaceAll('\\', '/'));

const read = (path: string): string => readFileSync(join(ROOT, path), 'utf8');

const withoutCode = (text: string): string => text.replaceAll(/```[\s\S]*?```/g, '').replaceAll(/`[^`\n]*`/g, '');

/** Anchors as GitHub makes them of headings. */
const anchorsOf = (text: string): readonly string[] =>
  [...text.replaceAll(/```[\s\S]*?```/g, '').matchAll(/^#+ (.*)$/gm)].map(([, heading = '']) =>
    heading
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N}\s_-]/gu, '')
      .trim()
      .replaceAll(' ', '-'),
  );

const linksOf = (path: string): readonly string[] =>
  [...withoutCode(read(path)).matchAll(/\]\(([^)\s]+)\)/g)].map(([, link = '']) => link);

const problemOf = (page: string, link: string): string | undefined => {
  const [file = '', anchor] = link.split('#');
  const target = file === '' ? page : join(dirname(page), file);
  if (!existsSync(join(ROOT, target))) return `${page}: ${link} does not exist`;
  if (anchor === undefined || !target.endsWith('.md')) return undefined;
  return anchorsOf(read(target)).includes(anchor) ? undefined : `${page}: ${link} has no such heading`;
};

const codeBlocks = (path: string, language: string): readonly string[] =>
  [...read(path).matchAll(new RegExp(`^ *\`\`\`${language}\\n([\\s\\S]*?)^ *\`\`\``, 'gm'))].map(
    ([, text = '']) => text,
  );

describe('the generated reference pages', () => {
  it('are what the code says; npm run docs makes them', () => {
    expect(stalePages()).toEqual([]);
  });

  it('explain only fields of a policy and settings that exist', () => {
    expect(Object.keys(POLICY_MEANINGS).filter((path) => !policyPaths().includes(path))).toEqual([]);
    expect(Object.keys(SETTING_MEANINGS).filter((name) => !settingNames().includes(name))).toEqual([]);
  });
});

describe('the pages', () => {
  it('link only to what is there', () => {
    const problems = PAGES.flatMap((page) =>
      linksOf(page)
        .filter((link) => !/^[a-z]+:/.test(link))
        .map((link) => problemOf(page, link)),
    );
    expect(problems.filter((problem) => problem !== undefined)).toEqual([]);
  });

  it('name only npm scripts that exist', () => {
    const { scripts } = JSON.parse(read('package.json')) as { scripts: Record<string, string> };
    const named = PAGES.flatMap((page) =>
      [...read(page).matchAll(/npm (?:run (?:--silent )?)?([a-z][a-z:-]*)/g)].flatMap(([whole, name = '']) =>
        whole.startsWith('npm run') || ['start', 'test'].includes(name) ? [name] : [],
      ),
    );
    expect([...new Set(named)].filter((name) => scripts[name] === undefined)).toEqual([]);
  });

  it('name only files of the repository in commands', () => {
    const named = PAGES.flatMap((page) =>
      codeBlocks(page, 'sh').flatMap((text) =>
        [...text.matchAll(/(?:node |@|"\$PWD\/)((?:examples|scripts|local|infra)\/[\w./-]+)/g)].map(
          ([, path = '']) => path,
        ),
      ),
    );
    expect([...new Set(named)].filter((path) => !existsSync(join(ROOT, path)))).toEqual([]);
  });

  it('show JSON that can be parsed', () => {
    const wrong = PAGES.flatMap((page) =>
      codeBlocks(page, 'json').flatMap((text) => {
        try {
          JSON.parse(text);
          return [];
        } catch {
          return [`${page}: ${text.slice(0, 60)}`];
        }
      }),
    );
    expect(wrong).toEqual([]);
  });

  it('show policies that are taken', () => {
    const policies = PAGES.flatMap((page) =>
      codeBlocks(page, 'sh').flatMap((text) =>
        [
          ...text.matchAll(
            /\/policies\/([a-z-]+)[^\n]*(?:\\\n[^\n]*)?(?:-d '(\{[\s\S]*?\})'|<<'JSON'\n([\s\S]*?)\nJSON)/g,
          ),
        ].map(([, name, inline, heredoc]) => ({ name, ...(JSON.parse(inline ?? heredoc ?? '') as object) })),
      ),
    );
    expect(policies.length).toBeGreaterThanOrEqual(3);
    for (const policy of policies) expect(() => parsePolicy(policy)).not.toThrow();
  });
});

describe('the page on access', () => {
  it('lists every route with its least role', () => {
    const text = read('docs/reference/access.md');
    const served = [...mlflowRoutes, ...apiRoutes, mlflowWebhook];
    const canonical = (path: string) => path.replace(/^ajax-api\//, 'api/');
    const listed = served.filter(
      ({ method, path }) =>
        path === canonical(path) || !served.some((other) => other.method === method && other.path === canonical(path)),
    );
    const rows = [...text.matchAll(/^\| `([A-Z]+ \/[^`]+)` \| (\w+) \|/gm)].map(
      ([, route, role]) => `${route} ${role}`,
    );
    expect(rows.toSorted()).toEqual(
      listed.map(({ method, path, access }) => `${method} /${path} ${access}`).toSorted(),
    );
  });

  it('says which models count only of routes whose handler tells', () => {
    const handlers = [...mlflowRoutes, ...apiRoutes, mlflowWebhook].filter(({ models }) => models === undefined);
    const names = handlers.map(({ name }) => name);
    expect(Object.keys(ABOUT).filter((name) => !names.includes(name))).toEqual([]);
  });
});

describe('the page on MLflow compatibility', () => {
  it('lists every route', () => {
    const text = read('docs/reference/mlflow-compatibility.md');
    const rows = [...text.matchAll(/^\| ([A-Z, ]+) \| `([^`]+)` \|$/gm)].flatMap(([, methods = '', path = '']) =>
      methods.split(', ').map((method) => `${method} ${path}`),
    );
    const served = mlflowRoutes
      .filter(({ path }) => path.startsWith('api/2.0/'))
      .map(({ method, path }) => `${method} ${path.replace('api/2.0/', '')}`);
    expect([...rows].sort()).toEqual([...served].sort());
  });
});
