import type { SignedUrls } from '../../../shared/artifacts/signed-urls.ts';
import type { ChangeWebhookServices } from '../../../shared/notify/webhooks/change-webhook.ts';
import type { TestWebhookServices } from '../../../shared/notify/webhooks/test-webhook.ts';
import type { Blobs } from '../../../shared/platform/blobs.ts';
import type { AnswerServices } from '../../../shared/platform/http/answer.ts';
import type { RegistryServices } from '../../../shared/registry/services.ts';
import type { TrackingServices } from '../../../shared/tracking/services.ts';

/** What the routes of the MLflow API need. */
export interface MlflowServices
  extends AnswerServices,
    RegistryServices,
    TrackingServices,
    ChangeWebhookServices,
    TestWebhookServices {
  readonly blobs: Blobs;
  readonly signedUrls: SignedUrls;
  /** Where clients find us, so that sources that name our host are known as ours. */
  readonly publicUrl?: string;
}
