import type { EnvironmentSpec } from '../environment/environment-spec.ts';
import type { ModelFile, ModelFiles } from '../files/model-files.ts';
import type { ConversionOption } from './conversion-option.ts';
import type { ConversionReport } from './conversion-report.ts';

export interface ConversionRequest extends Pick<ConversionOption, 'tolerance' | 'missing'> {
  /** The same for the same model, environment and option. */
  readonly key: string;
  readonly files: ModelFiles;
  readonly listing: readonly ModelFile[];
  readonly environment: EnvironmentSpec;
}

export type ConversionOutcome =
  | { readonly kind: 'running'; readonly lookAgainMs: number }
  | {
      readonly kind: 'done';
      readonly report: ConversionReport;
      /** The converted model's folder, when there is one. */
      readonly files?: ModelFiles;
    }
  /** One sentence: why the step itself failed. */
  | { readonly kind: 'failed'; readonly message: string };

/**
 * Converts models somewhere that may run their code: never in the process that asks.
 */
export interface ModelConverter {
  /**
   * Starts the conversion or looks how far it is; asking again with the same key never starts a second one.
   *
   * @throws SlipwayError when the converter cannot be asked now
   */
  convert(request: ConversionRequest): Promise<ConversionOutcome>;
}
