import { createHash } from 'node:crypto';
import type { Mlmodel } from '../model/mlmodel.ts';

/** Longer signatures are represented by their digest alone; the file is in the image anyway. */
const MAX_SIGNATURE_BYTES = 8 * 1024;

const FALLBACK_CREATED = '1980-01-01T00:00:00Z';

export interface ImageIdentity {
  readonly model: string;
  readonly version: string;
  /** sha256 over the model's files, whatever layers they are in. */
  readonly modelDigest: string;
  readonly mlmodel: Mlmodel;
  readonly signatureJson?: string | undefined;
  /** The Python environment that serves it. */
  readonly environment?: { readonly key: string; readonly image: string } | undefined;
}

/** The image's labels: what a registry or a cluster can show about the model without unpacking it. */
export const imageLabels = ({
  model,
  version,
  modelDigest,
  mlmodel,
  signatureJson: signature,
  environment,
}: ImageIdentity): Readonly<Record<string, string>> => {
  const { python_function: pythonFunction } = mlmodel.flavors;
  const labels: Record<string, string | null | undefined> = {
    'org.opencontainers.image.title': model,
    'org.opencontainers.image.version': version,
    'io.slipway.model.name': model,
    'io.slipway.model.version': version,
    'io.slipway.model.content': modelDigest,
    'io.slipway.model.flavors': Object.keys(mlmodel.flavors).sort().join(','),
    'io.slipway.model.uuid': mlmodel.model_uuid,
    'io.slipway.model.id': mlmodel.model_id,
    'io.slipway.model.loader': pythonFunction?.loader_module,
    'io.slipway.model.python': pythonFunction?.python_version,
    'io.slipway.environment.key': environment?.key,
    'io.slipway.environment.image': environment?.image,
    'io.slipway.run.id': mlmodel.run_id,
    'io.slipway.mlflow.version': mlmodel.mlflow_version,
    'io.slipway.model.signature.digest': signature && `sha256:${createHash('sha256').update(signature).digest('hex')}`,
    'io.slipway.model.signature':
      signature && Buffer.byteLength(signature) <= MAX_SIGNATURE_BYTES ? signature : undefined,
  };
  return Object.fromEntries(
    Object.entries(labels).filter(
      (entry): entry is [string, string] => typeof entry[1] === 'string' && entry[1] !== '',
    ),
  );
};

/** When the model was logged, as RFC 3339 to the second; a constant when it does not say. Never the clock. */
export const createdAt = ({ utc_time_created: created }: Mlmodel): string => {
  const match = /^(\d{4}-\d{2}-\d{2})[ T](\d{2}:\d{2}:\d{2})/.exec(created ?? '');
  const text = match ? `${match[1]}T${match[2]}Z` : FALLBACK_CREATED;
  return Number.isNaN(Date.parse(text)) ? FALLBACK_CREATED : text;
};
