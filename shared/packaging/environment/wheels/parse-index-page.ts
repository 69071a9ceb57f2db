import * as z from 'zod';
import type { ListedFile } from './wheel-index.ts';

const jsonSchema = z.object({
  files: z.array(
    z.object({
      filename: z.string(),
      url: z.string(),
      hashes: z.record(z.string(), z.string()).default({}),
      size: z.number().int().min(0).optional(),
      'requires-python': z.string().nullish(),
      yanked: z.union([z.boolean(), z.string()]).default(false),
      'core-metadata': z.unknown().optional(),
      'dist-info-metadata': z.unknown().optional(),
    }),
  ),
});

const SHA256 = /^[0-9a-f]{64}$/;

/**
 * The files that a project's page names: JSON as of PEP 691, or HTML as of PEP 503. Files without sha256 are left out,
 * because nothing could be said later about what was installed.
 *
 * @throws Error when it is neither
 * @see https://packaging.python.org/en/latest/specifications/simple-repository-api/
 */
export const parseIndexPage = (text: string, pageUrl: string): readonly ListedFile[] =>
  (text.trimStart().startsWith('{') ? fromJson(text, pageUrl) : fromHtml(text, pageUrl)).filter(
    ({ sha256, url }) => sha256 !== undefined && SHA256.test(sha256) && URL.canParse(url),
  );

const fromJson = (text: string, pageUrl: string): readonly ListedFile[] =>
  jsonSchema.parse(JSON.parse(text)).files.map((file) => {
    const { filename, url, hashes, size, yanked } = file;
    const requiresPython = file['requires-python'] ?? undefined;
    const hasMetadata = Boolean(file['core-metadata'] ?? file['dist-info-metadata'] ?? false);
    return {
      fileName: filename,
      url: absolute(url, pageUrl),
      ...(hashes['sha256'] === undefined ? {} : { sha256: hashes['sha256'] }),
      ...(size === undefined ? {} : { size }),
      ...(requiresPython === undefined ? {} : { requiresPython }),
      ...(yanked === false ? {} : { yanked: yanked === true ? '' : yanked }),
      ...(hasMetadata ? { hasMetadata } : {}),
    };
  });

const fromHtml = (text: string, pageUrl: string): readonly ListedFile[] => {
  if (!/<html|<a\s|<!doctype/i.test(text)) throw new Error('neither JSON nor HTML');
  return [...text.matchAll(/<a\s([^>]*)>\s*([^<]*?)\s*<\/a>/gi)].flatMap(([, attributes = '', fileName = '']) => {
    const known = attributesOf(attributes);
    const href = known.get('href');
    if (href === undefined || fileName === '') return [];
    const [url = '', fragment = ''] = absolute(href, pageUrl).split('#');
    const sha256 = /(?:^|&)sha256=([0-9a-f]{64})/i.exec(fragment)?.[1]?.toLowerCase();
    const requiresPython = known.get('data-requires-python');
    const yanked = known.get('data-yanked');
    return [
      {
        fileName: decoded(fileName),
        url,
        ...(sha256 === undefined ? {} : { sha256 }),
        ...(requiresPython === undefined ? {} : { requiresPython }),
        ...(yanked === undefined ? {} : { yanked }),
        ...(known.has('data-core-metadata') || known.has('data-dist-info-metadata') ? { hasMetadata: true } : {}),
      },
    ];
  });
};

const attributesOf = (text: string): ReadonlyMap<string, string> =>
  new Map(
    [...text.matchAll(/([\w-]+)(?:\s*=\s*(?:"([^"]*)"|'([^']*)'))?/g)].map(([, name = '', double, single]) => [
      name.toLowerCase(),
      decoded(double ?? single ?? ''),
    ]),
  );

const ENTITIES: Readonly<Record<string, string>> = { lt: '<', gt: '>', quot: '"', '#39': "'", '#x27': "'", amp: '&' };

const decoded = (text: string): string =>
  text.replace(/&(lt|gt|quot|#39|#x27|amp);/g, (entity, name: string) => ENTITIES[name] ?? entity);

const absolute = (url: string, pageUrl: string): string => URL.parse(url, pageUrl)?.href ?? '';
