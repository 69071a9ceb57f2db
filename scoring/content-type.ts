import { ScoringError } from './scoring-error.ts';

export type BodyKind = 'json' | 'csv';

const KINDS: Readonly<Record<string, BodyKind>> = { 'application/json': 'json', 'text/csv': 'csv' };

/**
 * How to read a body with this content type. UTF-8 only, and no parameter but `charset`.
 *
 * @throws ScoringError 415 for everything else, also for no content type
 */
export const bodyKind = (contentType: string | undefined): BodyKind => {
  const [mimeType = '', ...parameters] = (contentType ?? '').split(';').map((part) => part.trim());
  for (const parameter of parameters) {
    const [name = '', value = ''] = parameter.split('=', 2);
    if (name !== 'charset') throw unsupported(`Unrecognized content type parameter: ${name}`);
    if (value.toLowerCase() !== 'utf-8') throw unsupported('The scoring server only supports UTF-8');
  }
  const kind = KINDS[mimeType.toLowerCase()];
  if (!kind)
    throw unsupported(`This predictor only supports ${Object.keys(KINDS).join(' and ')}, not '${contentType ?? ''}'`);
  return kind;
};

const unsupported = (message: string): ScoringError => new ScoringError(415, 'UNSUPPORTED_MEDIA_TYPE', message);
