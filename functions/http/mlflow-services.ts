import type { Blobs } from '../../shared/platform/blobs.ts';
import type { AnswerServices } from '../../shared/platform/http/answer.ts';
import type { RegistryServices } from '../../shared/registry/services.ts';

/** What the routes of the MLflow API need. */
export interface MlflowServices extends AnswerServices, RegistryServices {
  readonly blobs: Blobs;
  /** Where clients find us, so that sources that name our host are known as ours. */
  readonly publicUrl?: string;
}
