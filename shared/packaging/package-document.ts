import type { Document } from '../platform/documents.ts';
import type { WakeUp } from '../platform/journal.ts';
import type { Conversion } from './conversion/conversion.ts';
import type { ConversionOption } from './conversion/conversion-option.ts';

interface PackageBase extends Document {
  readonly kind: 'package';
  /** The model's name when the package was asked for. */
  readonly model: string;
  /** Finds the model also under another name; absent in packages that were asked for before it was kept. */
  readonly modelId?: string;
  readonly version: string;
  readonly requestedAt: string;
  /** What asked for it: asking again for the same cause changes nothing. */
  readonly causedBy: string;
  readonly correlationId: string;
  /** How a Python model is to be converted; absent when it is not. */
  readonly onnx?: ConversionOption;
}

/** What the package cannot go on without. */
export interface WaitingFor {
  readonly environment: string;
  /** When the wait began. */
  readonly since: string;
}

/** Which server is in the image. */
export type PackageServer = 'onnx' | 'python';

export interface PackageLayer {
  readonly title: string;
  readonly digest: string;
  readonly sizeBytes: number;
  /** `known`: it was there; `mounted`: another repository had it; `sent`: its bytes were stored. */
  readonly arrival: 'known' | 'mounted' | 'sent';
}

export interface PackageEnvironment {
  readonly key: string;
  /** By digest. */
  readonly image: string;
  readonly digest: string;
  /** Minor versions: what the model was logged with, and what runs it. */
  readonly python: { readonly wanted: string; readonly used: string };
}

/** Milliseconds, of all attempts. */
export interface PackageDurations {
  /** Finding and reading the model's files. */
  readonly model: number;
  /** Waiting for the environment; 0 when it was there. */
  readonly environment: number;
  /** Reading what the image is built on. */
  readonly plan: number;
  /** Reading, hashing and sending layers. */
  readonly layers: number;
  readonly manifest: number;
  /** Bill of materials, provenance and signature. */
  readonly attachments: number;
}

/** What is in an image, and how it came to be. */
export interface PackageContents {
  readonly server: PackageServer;
  /** sha256 over the model's files, whatever layers they are in. */
  readonly modelDigest: string;
  /** Of server and model, in their order; an environment's layers come before them. */
  readonly layers: readonly PackageLayer[];
  /** Bytes of layers that had to be sent. */
  readonly sentBytes: number;
  readonly environment?: PackageEnvironment;
  /** Digests of what refers to the image. */
  readonly sbom: string;
  readonly provenance: string;
  readonly signature?: string;
  readonly durationsMs: PackageDurations;
  /** What came of converting a Python model, where the policy asked for it. */
  readonly conversion?: Conversion;
  /** Sentences for the person who logged the model. */
  readonly warnings: readonly string[];
}

/** The package of one model version, from the wish to the image or to the reason why there is none. */
export type PackageDocument =
  | (PackageBase & { readonly phase: 'requested'; readonly wakeUp: WakeUp; readonly waitingFor?: WaitingFor })
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
      /** Absent in packages that were built before it was kept. */
      readonly contents?: PackageContents;
    })
  | (PackageBase & {
      readonly phase: 'refused';
      readonly wakeUp: null;
      readonly code: string;
      readonly message: string;
      /** Absent in packages that were refused before it was kept. */
      readonly refusedAt?: string;
    });

export type RequestedPackage = Extract<PackageDocument, { phase: 'requested' }>;
export type BuiltPackageDocument = Extract<PackageDocument, { phase: 'built' }>;
export type RefusedPackage = Extract<PackageDocument, { phase: 'refused' }>;

/** Id of the package document in the partition of its registered model. */
export const packageId = (version: string): string => `package:${version}`;
