import { eventDataSchema } from '../../shared/events/catalogue.ts';
import { type MirrorServices, mirrorNotice } from '../../shared/registry/mirror/mirror-notice.ts';
import { defineEventHandler } from './handler.ts';

/** An origin server told of a change: it is mirrored, and the registry announces what is new as ours. */
export const originChanged = defineEventHandler<MirrorServices>({
  name: 'origin-changed',
  on: {
    'slipway.origin.changed': async ({ data }, services, { cause, log }) => {
      await mirrorNotice({ ...services, log }, eventDataSchema('slipway.origin.changed').parse(data), cause);
    },
  },
});
