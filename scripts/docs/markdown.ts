/** Text in a table cell: one line, with pipes that do not end the cell. */
const cell = (text: string): string => text.replaceAll(/\s+/g, ' ').replaceAll('|', '\\|').trim();

/** A GitHub table, or nothing when it would have no rows. */
export const table = (head: readonly string[], rows: readonly (readonly string[])[]): string =>
  rows.length === 0
    ? ''
    : [head, head.map(() => '---'), ...rows].map((row) => `| ${row.map(cell).join(' | ')} |`).join('\n');

export const code = (text: string): string => `\`${text}\``;

export const codeBlock = (language: string, text: string): string => `\`\`\`${language}\n${text}\n\`\`\``;

/** A whole page out of its blocks, empty ones left out, with the note that says where it comes from. */
export const page = (title: string, source: string, blocks: readonly string[]): string =>
  [
    `<!-- Made by scripts/generate-docs.ts from ${source}. Change it there, then: npm run docs -->`,
    `# ${title}`,
    ...blocks.filter((block) => block !== ''),
    '',
  ]
    .join('\n\n')
    .replace(/\n+$/, '\n');
