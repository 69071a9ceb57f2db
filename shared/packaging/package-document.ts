import type { Document } from '../platform/documents.ts';
import type { WakeUp } from '../platform/journal.ts';

interface PackageBase extends Document {
  readonly kind: 'package';
  readonly model: string;
  readonly version: string;
  readonly requestedAt: string;
  /** What asked for it: asking again for the same cause changes nothing. */
  readonly causedBy: string;
  readonly correlationId: string;
}

/** The package of one model version, from the wish to the image or to the reason why there is none. */
export type PackageDocument =
  | (PackageBase & { readonly phase: 'requested'; readonly wakeUp: WakeUp })
  | (PackageBase & {
      readonly phase: 'built';
      readonly wakeUp: null;
      readonly image: string;
      readonly digest: string;
      readonly sizeBytes: number;
      readonly durationMs: number;
      readonly builtAt: string;
      /** A whole request body that the model must be able to answer. */
      readonly servingInput?: string;
    })
  | (PackageBase & {
      readonly phase: 'refused';
      readonly wakeUp: null;
      readonly code: string;
      readonly message: string;
    });

/** Id of the package document in the partition of its registered model. */
export const packageId = (version: string): string => `package:${version}`;
