import { createHmac, hkdfSync, timingSafeEqual } from 'node:crypto';
import { SlipwayError } from '../platform/errors.ts';
import { addMs, type Clock, type EpochMs, epochMs } from '../platform/time.ts';
import { filePath } from './artifact-store.ts';
import type { PartKey } from './multipart.ts';

/**
 * URLs that may be used by whoever has them, for one thing and for some time: MLflow's clients send no credentials to
 * where parts go and come from. What is in such a URL is no secret of ours, only a proof that we wrote it.
 */
export interface SignedUrls {
  /** Where a part of an upload is sent. */
  partUrl(key: PartKey): string;
  /** @throws SlipwayError PERMISSION_DENIED unless we signed it, for this part, and it is still good */
  checkPart(key: PartKey, signature: Signature): void;
  /** Where a file is read. */
  fileUrl(path: string): string;
  /** @throws SlipwayError PERMISSION_DENIED unless we signed it, for this file, and it is still good */
  checkFile(path: string, signature: Signature): void;
}

export interface Signature {
  /** Epoch milliseconds. */
  readonly expires: number;
  readonly signature: string;
}

/** All parts' URLs are given when an upload begins, so they must last as long as the largest takes. */
const PART_MS = 6 * 3_600_000;
/** Clients ask for another when one has expired. */
const FILE_MS = 3_600_000;

const PREFIX = 'api/2.0/mlflow-artifacts';

export interface SignedUrlOptions {
  /** 32 bytes in base64, of which the key for signing is derived. */
  readonly secretsKey: string;
  readonly publicUrl: string;
  readonly clock: Clock;
}

/** @see https://www.rfc-editor.org/rfc/rfc5869 for how the key is derived */
export const createSignedUrls = ({ secretsKey, publicUrl, clock }: SignedUrlOptions): SignedUrls => {
  const key = Buffer.from(hkdfSync('sha256', Buffer.from(secretsKey, 'base64'), '', 'slipway signed urls', 32));
  const sign = (subject: readonly (string | number)[], expires: EpochMs): Buffer =>
    createHmac('sha256', key)
      .update(JSON.stringify([...subject, expires]))
      .digest();

  const urlOf = (place: string, path: string, query: Record<string, string>): string => {
    const encoded = path.split('/').map(encodeURIComponent).join('/');
    return `${publicUrl.replace(/\/+$/, '')}/${PREFIX}/${place}/${encoded}?${new URLSearchParams(query)}`;
  };
  const signed = (subject: readonly (string | number)[], lastsMs: number) => {
    const expires = addMs(clock(), lastsMs);
    return { expires: String(expires), signature: sign(subject, expires).toString('base64url') };
  };
  const check = (subject: readonly (string | number)[], { expires, signature }: Signature): void => {
    const shown = Buffer.from(signature, 'base64url');
    const ours = sign(subject, epochMs(expires));
    if (shown.length !== ours.length || !timingSafeEqual(shown, ours)) {
      throw new SlipwayError('PERMISSION_DENIED', 'the signature of this URL does not fit what it asks for');
    }
    if (expires <= clock()) throw new SlipwayError('PERMISSION_DENIED', 'this URL has expired: ask for another');
  };
  const partOf = ({ path, uploadId, part }: PartKey) => ['part', filePath(path), uploadId, part] as const;
  const fileOf = (path: string) => ['file', filePath(path)] as const;

  return {
    partUrl: (asked) => {
      const query = { upload_id: asked.uploadId, part: String(asked.part), ...signed(partOf(asked), PART_MS) };
      return urlOf('mpu/parts', filePath(asked.path), query);
    },
    checkPart: (asked, signature) => check(partOf(asked), signature),
    fileUrl: (path) => urlOf('signed', filePath(path), signed(fileOf(path), FILE_MS)),
    checkFile: (path, signature) => check(fileOf(path), signature),
  };
};
