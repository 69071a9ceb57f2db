import { registryTagsOf } from '../../functions/neighbours.ts';
import type { ReceivedEvent } from '../../shared/events/envelope.ts';
import { createWebhook } from '../../shared/notify/webhooks/change-webhook.ts';
import { deliverWebhook } from '../../shared/notify/webhooks/deliver-webhook.ts';
import { createWebhookDeliveryStore } from '../../shared/notify/webhooks/delivery-store.ts';
import { notifyWebhooks } from '../../shared/notify/webhooks/notify-webhooks.ts';
import type { WebhookDelivery } from '../../shared/notify/webhooks/webhook-delivery.ts';
import { WEBHOOK_ACTIONS, type WebhookEntity, type WebhookEvent } from '../../shared/notify/webhooks/webhook-event.ts';
import { createWebhookStore } from '../../shared/notify/webhooks/webhook-store.ts';
import type { JournalEntry } from '../../shared/platform/journal.ts';
import { addMs } from '../../shared/platform/time.ts';
import { createMemoryDocuments } from './memory-documents.ts';
import { createNotifyWorld } from './notify-world.ts';
import { createRegistryServices } from './registry/registry-server.ts';

export const CAUSE = { causedBy: 'request-1', correlationId: 'story-1' };

/** Every event that a webhook can ask for. */
const ALL_EVENTS: readonly WebhookEvent[] = (Object.keys(WEBHOOK_ACTIONS) as WebhookEntity[]).flatMap((entity) =>
  WEBHOOK_ACTIONS[entity].map((action) => ({ entity, action })),
);

const toReceived = (entry: JournalEntry): ReceivedEvent => ({ ...entry, source: '/slipway' });

/** A registry, webhooks and their deliveries in memory; the receiver and the time are those of the notify world. */
export const createWebhookWorld = () => {
  const world = createNotifyWorld();
  const documents = createMemoryDocuments();
  const registry = createRegistryServices(documents, { clock: world.services.clock });
  const services = {
    ...world.services,
    ...registry,
    egress: world.services.egress,
    secrets: world.services.secrets,
    log: world.services.log,
    webhooks: createWebhookStore(world.settings),
    webhookDeliveries: createWebhookDeliveryStore(world.documents),
    registryTags: registryTagsOf(registry),
  };
  const told = new Set<string>();
  const deliveries = (): readonly WebhookDelivery[] =>
    world.documents
      .all()
      .map(({ value }) => value)
      .filter((value): value is WebhookDelivery => value.kind === 'webhook-delivery');
  return {
    ...world,
    documents: world.documents,
    registryDocuments: documents,
    services,
    deliveries,
    webhook: (wish: Partial<Parameters<typeof createWebhook>[0]> = {}) =>
      createWebhook({ name: 'hook', url: 'https://hooks.example.org/a', events: ALL_EVENTS, ...wish }, services, CAUSE),
    /** Entries of the registry's journal that `notify` has not told yet. */
    untold: (): readonly ReceivedEvent[] =>
      documents
        .all()
        .map(({ value }) => value)
        .filter((value): value is JournalEntry => value.kind === 'journal' && !told.has(value.id))
        .map(toReceived),
    /** What the relay and the function `notify` do with new entries. */
    async tell() {
      for (const event of this.untold()) {
        await notifyWebhooks(event, services);
        told.add(event.id);
      }
    },
    /** What the queue does: one attempt at each delivery that waits, at its time. */
    async attempt() {
      for (const { wakeUp } of deliveries()) {
        if (wakeUp === null) continue;
        const wait = wakeUp.at - services.clock();
        if (wait > 0) world.advance(wait);
        await deliverWebhook(wakeUp.message as { day: string; id: string }, services);
      }
    },
    later: (ms: number) => addMs(services.clock(), ms),
  };
};

export type WebhookWorld = ReturnType<typeof createWebhookWorld>;
