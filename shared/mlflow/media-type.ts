const TEXT_EXTENSIONS = new Set(
  'txt log err cfg conf cnf cf ini properties prop hocon jsonl out xml yaml yml rst json js py py3 csv tsv md rmd'.split(
    ' ',
  ),
);
const TEXT_FILES = new Set(['mlmodel', 'mlproject']);
const OTHERS: ReadonlyMap<string, string> = new Map([
  ['png', 'image/png'],
  ['jpg', 'image/jpeg'],
  ['jpeg', 'image/jpeg'],
  ['gif', 'image/gif'],
  ['webp', 'image/webp'],
  ['pdf', 'application/pdf'],
  ['zip', 'application/zip'],
]);

/** The media type of an artifact by its name: text for what people read, bytes for what nobody knows. */
export const mediaTypeOf = (name: string): string => {
  const file = name.slice(name.lastIndexOf('/') + 1).toLowerCase();
  const extension = file.slice(file.lastIndexOf('.') + 1);
  if (TEXT_FILES.has(file) || (extension !== file && TEXT_EXTENSIONS.has(extension))) return 'text/plain';
  return (extension !== file ? OTHERS.get(extension) : undefined) ?? 'application/octet-stream';
};
