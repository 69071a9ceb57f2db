import { subjectOf } from '../../events/subjects.ts';
import type { Documents } from '../../platform/documents.ts';
import { isSlipwayError, SlipwayError } from '../../platform/errors.ts';
import { derivedId } from '../../platform/ids.ts';
import { type Cause, journalEntry, journalWrite } from '../../platform/journal.ts';
import type { Logger } from '../../platform/logging.ts';
import type { SecretBox } from '../../platform/secrets.ts';
import type { Clock } from '../../platform/time.ts';
import { type Ignored, type Notice, readNotice } from './notice.ts';
import { nameHere, type OriginServer, type OriginStore, takesModel } from './origin-server.ts';
import {
  type Delivery,
  isSignedWith,
  readDelivery,
  requireRecent,
  SIGNED_WITH,
  type WebhookRequest,
} from './signed-delivery.ts';

export interface ReceiveWebhookServices {
  readonly origins: OriginStore;
  readonly secrets: SecretBox;
  readonly journals: { readonly registry: Documents };
  readonly clock: Clock;
  readonly log: Logger;
}

/** The id of the journal entry, or why there is none. */
export type Received = { readonly event: string } | Ignored;

/**
 * Journals what a signed webhook of an origin server says. The same delivery again is the same entry; what is to be
 * done about it is done when the entry is told.
 *
 * @param wanted - name of the origin server, when the sender says it; otherwise the one whose secret verifies
 * @throws SlipwayError UNAUTHENTICATED for a delivery that no origin server signed, or not lately; BAD_REQUEST and
 * INVALID_PARAMETER_VALUE for one that cannot be read
 */
export const receiveWebhook = async (
  services: ReceiveWebhookServices,
  request: WebhookRequest,
  { wanted, cause }: { readonly wanted?: string; readonly cause: Cause },
): Promise<Received & { readonly origin: string }> => {
  const delivery = readDelivery(request);
  const origin = await signer(services, delivery, wanted);
  requireRecent(delivery, services.clock());
  const notice = readNotice(delivery.dialect, delivery.body);
  const ignored = 'ignored' in notice ? notice : notWanted(origin, notice);
  if (ignored !== undefined) return { origin: origin.name, ...ignored };
  return { origin: origin.name, event: await journal(services, { origin, delivery, notice: notice as Notice }, cause) };
};

/** Events stay below 64 KB: what does not fit is read from the origin server again. */
const MAX_TOLD_BYTES = 32 * 1024;

const withinEvent = ({ told, ...notice }: Notice): Notice =>
  told === undefined || Buffer.byteLength(JSON.stringify(told)) > MAX_TOLD_BYTES ? notice : { ...notice, told };

/** Every secret is tried, whichever fits, so that the time it takes tells nothing. */
const signer = async (
  services: ReceiveWebhookServices,
  delivery: Delivery,
  wanted: string | undefined,
): Promise<OriginServer> => {
  const candidates = (await services.origins.list()).filter(({ dialect }) => dialect === delivery.dialect);
  const [found, ...others] = candidates
    .filter((origin) => hasSigned(services, origin, delivery))
    .filter(({ name }) => wanted === undefined || name === wanted);
  if (found === undefined) {
    const whose = wanted === undefined ? 'no origin server here has' : `the origin server '${wanted}' does not have`;
    throw new SlipwayError(
      'UNAUTHENTICATED',
      `${whose} a secret that gives ${SIGNED_WITH[delivery.dialect]}: compare the secret of the webhook with the one given to /api/v1/origins`,
    );
  }
  if (others.length > 0) {
    throw new SlipwayError(
      'BAD_REQUEST',
      'several origin servers share this secret: add ?origin=<name> to the URL of the webhook, or give each its own',
    );
  }
  return found;
};

/** A secret that cannot be opened is a problem of its own origin server, not of the others. */
const hasSigned = ({ secrets, log }: ReceiveWebhookServices, origin: OriginServer, delivery: Delivery): boolean => {
  try {
    return isSignedWith(delivery, secrets.open(origin.sealedSecret));
  } catch (error) {
    log.error({ origin: origin.name, reason: (error as Error).message }, 'the secret of an origin server is lost');
    return false;
  }
};

const notWanted = (origin: OriginServer, { name }: Notice): Ignored | undefined => {
  if (!takesModel(origin, name)) return { ignored: `the origin server '${origin.name}' mirrors no model '${name}'` };
  try {
    nameHere(origin, name);
    return undefined;
  } catch (error) {
    if (isSlipwayError(error)) return { ignored: error.message };
    throw error;
  }
};

const journal = async (
  { journals, clock }: ReceiveWebhookServices,
  { origin, delivery, notice }: { origin: OriginServer; delivery: Delivery; notice: Notice },
  cause: Cause,
): Promise<string> => {
  const id = derivedId('je', 'slipway.origin.changed', origin.name, delivery.id);
  const data = { origin: origin.name, ...withinEvent(notice) };
  const event = { type: 'slipway.origin.changed', subject: subjectOf.origin(origin.name), data } as const;
  // When it is there already, the delivery came before.
  await journals.registry.commit(`origin:${origin.name}`, [journalWrite(journalEntry(id, event, cause, clock()))]);
  return id;
};
