import parseRange from 'range-parser';
import { readArtifact, statArtifact } from '../../../shared/artifacts/artifact-store.ts';
import type { Blobs, ByteRange } from '../../../shared/platform/blobs.ts';
import { SlipwayError } from '../../../shared/platform/errors.ts';
import type { HttpAnswer, RequestContext } from '../../../shared/platform/http/route.ts';

/**
 * A file as a download that no browser guesses about; of it the one range that was asked for. Several ranges at once
 * are answered by the whole, which is always allowed.
 *
 * @see https://www.rfc-editor.org/rfc/rfc9110#section-14 for ranges
 */
export const answerFile = async (
  blobs: Blobs,
  path: string,
  context: Pick<RequestContext, 'header'>,
): Promise<HttpAnswer> => {
  const asked = context.header('range');
  if (asked === undefined) return answerWhole(blobs, path, context.header('if-none-match'));
  const { size, etag } = await statArtifact(blobs, path);
  const ifRange = context.header('if-range');
  const ranges = ifRange === undefined || ifRange === etag ? parseRange(size, asked) : UNREADABLE;
  if (ranges === UNSATISFIABLE) return unsatisfiable(asked, size);
  const [range] = ranges === UNREADABLE || ranges.type !== 'bytes' || ranges.length !== 1 ? [] : ranges;
  return range === undefined ? answerWhole(blobs, path, undefined) : answerPart(blobs, path, { range, etag });
};

const UNSATISFIABLE = -1;
const UNREADABLE = -2;

const answerWhole = async (blobs: Blobs, path: string, ifNoneMatch: string | undefined): Promise<HttpAnswer> => {
  const file = await readArtifact(blobs, path);
  if (ifNoneMatch?.split(/\s*,\s*/).includes(file.etag)) {
    file.stream.destroy();
    return { status: 304, headers: { ETag: file.etag } };
  }
  return { headers: { ...headersOf(file), 'Content-Length': String(file.sizeBytes) }, stream: file.stream };
};

const answerPart = async (
  blobs: Blobs,
  path: string,
  { range, etag }: { readonly range: Required<ByteRange>; readonly etag: string },
): Promise<HttpAnswer> => {
  const file = await readArtifact(blobs, path, range);
  if (file.etag !== etag) {
    file.stream.destroy();
    throw new SlipwayError('RESOURCE_CONFLICT', `'${path}' was replaced while it was being read: ask again`);
  }
  return {
    status: 206,
    headers: {
      ...headersOf(file),
      'Content-Length': String(range.end - range.start + 1),
      'Content-Range': `bytes ${range.start}-${range.end}/${file.sizeBytes}`,
    },
    stream: file.stream,
  };
};

const unsatisfiable = (asked: string, size: number): HttpAnswer => ({
  status: 416,
  headers: { 'Content-Range': `bytes */${size}` },
  json: { error_code: 'INVALID_PARAMETER_VALUE', message: `'${asked}' is no part of a file of ${size} bytes` },
});

const headersOf = (file: { readonly name: string; readonly contentType: string; readonly etag: string }) => ({
  'Content-Type': file.contentType,
  'Content-Disposition': `attachment; ${fileNameAttribute(file.name)}`,
  'X-Content-Type-Options': 'nosniff',
  'Accept-Ranges': 'bytes',
  ETag: file.etag,
});

/** The plain form for names that need no quoting, as MLflow sends it. @see https://www.rfc-editor.org/rfc/rfc8187 for others */
const fileNameAttribute = (name: string): string => {
  if (/^[\w.-]+$/.test(name)) return `filename=${name}`;
  const encoded = encodeURIComponent(name).replace(
    /['()*]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  );
  return `filename*=UTF-8''${encoded}`;
};
