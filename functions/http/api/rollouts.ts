import { randomUUID } from 'node:crypto';
import * as z from 'zod';
import type { Caller } from '../../../shared/platform/access/caller.ts';
import { inScope } from '../../../shared/platform/access/grant.ts';
import { SlipwayError } from '../../../shared/platform/errors.ts';
import { defineRoute } from '../../../shared/platform/http/route.ts';
import { COMMAND_TYPES, type Command } from '../../../shared/rollout/apply-command.ts';
import { commandRollout } from '../../../shared/rollout/command-rollout.ts';
import { startByHand } from '../../../shared/rollout/plan-rollout.ts';
import { PHASES, type Rollout } from '../../../shared/rollout/rollout.ts';
import { endpointOf, type RolloutFilter } from '../../../shared/rollout/rollout-store.ts';
import type { RolloutServices } from '../../../shared/rollout/services.ts';
import { rolloutDetail, rolloutSummary, toDetail, toSummary } from './rollout-views.ts';
import { valuesOf, visiblePage } from './visible.ts';

export type RolloutApiServices = RolloutServices;

const route = defineRoute<RolloutApiServices>();
const common = { dialect: 'slipway' } as const;
const byId = z.object({ id: z.string().min(1).max(200).describe('`<endpoint>.ro_<hash>`') });

const command = z.strictObject({
  type: z.enum(COMMAND_TYPES),
  commandId: z.string().min(1).max(100).optional().describe('The same id again is answered as the first time.'),
  expectRev: z.number().int().min(0).optional().describe('Refuses when the rollout has moved on from this rev.'),
  reason: z.string().max(500).optional(),
});

const answer = z.object({
  rollout: rolloutDetail,
  rev: z.number().int().describe('Rev that the command led to.'),
  started: z.string().optional().describe('Rollout that the command started.'),
});

const load = async ({ rollouts }: RolloutApiServices, id: string): Promise<Rollout> => {
  const stored = await rollouts.readRollout(endpointOf(id), id);
  if (stored === undefined) {
    throw new SlipwayError('RESOURCE_DOES_NOT_EXIST', `rollout '${id}' does not exist`, { details: { rollout: id } });
  }
  return stored.value;
};

/** A policy that is about other models brings their endpoint with it, so the caller must have the role for them too. */
const requirePolicy = async (
  { policies }: RolloutApiServices,
  wish: { readonly model: string; readonly policy: string },
  caller: Caller,
): Promise<void> => {
  const about = (await policies.get(wish.policy))?.policy.selector.model;
  if (about !== undefined && !inScope([about], wish.model)) caller.require('operator', about);
};

/** A command concerns the version that comes and the one that goes. One that cannot be read is for those who may all. */
const requireRollout = async (services: RolloutApiServices, id: string, caller: Caller): Promise<void> => {
  if (caller.scope('operator') === 'all') return;
  const { model, from } = await load(services, id);
  for (const each of [model, from?.model]) if (each !== undefined) caller.require('operator', each);
};

const tagged = (rollout: Rollout) => ({ headers: { ETag: `"${rollout.rev}"` }, json: toDetail(rollout) });

const list = route({
  ...common,
  name: 'api-rollouts-list',
  method: 'GET',
  access: 'reader',
  path: 'api/v1/rollouts',
  summary: 'Rollouts, newest first.',
  query: z.object({
    endpoint: z.string().optional(),
    model: z.string().optional(),
    phase: z
      .union([z.enum(PHASES), z.array(z.enum(PHASES))])
      .optional()
      .describe('One or several.'),
    cursor: z.string().optional(),
    limit: z.coerce.number().int().min(1).max(200).default(50),
  }),
  output: z.object({ items: z.array(rolloutSummary), next: z.string().optional() }),
  async handle({ query }, { rollouts }, { caller }) {
    const { endpoint, model, phase, cursor, limit } = query;
    const filter: RolloutFilter = {
      ...(endpoint === undefined ? {} : { endpoint }),
      ...(model === undefined ? {} : { model }),
      ...(phase === undefined ? {} : { phases: [phase].flat() }),
    };
    const { items, next } = await visiblePage(
      (continuation) =>
        valuesOf(rollouts.listRollouts(filter, { limit, ...(continuation === undefined ? {} : { continuation }) })),
      cursor,
      (rollout) => caller.may('reader', rollout.model),
    );
    return { json: { items: items.map(toSummary), next } };
  },
});

const get = route({
  ...common,
  name: 'api-rollouts-get',
  method: 'GET',
  access: 'reader',
  path: 'api/v1/rollouts/{id}',
  summary: 'One rollout with its gates and evidence.',
  params: byId,
  output: rolloutDetail,
  async handle({ params }, services, { caller }) {
    const rollout = await load(services, params.id);
    caller.require('reader', rollout.model);
    return tagged(rollout);
  },
});

const start = route({
  ...common,
  name: 'api-rollouts-start',
  method: 'POST',
  access: 'operator',
  path: 'api/v1/rollouts',
  models: ({ body }) => [body.model],
  summary: 'Start a rollout by hand, also of a version that was rolled back before.',
  body: z.strictObject({
    model: z.string().min(1),
    version: z.string().regex(/^\d+$/, 'must be digits'),
    policy: z.string().optional().describe('Policy to use; without it the one policy about the model.'),
  }),
  output: rolloutDetail,
  async handle({ body }, services, { cause, caller }) {
    const { model, version, policy } = body;
    if (policy !== undefined) await requirePolicy(services, { model, policy }, caller);
    const { rolloutId } = await startByHand(
      services,
      { model, version, ...(policy === undefined ? {} : { policy }) },
      cause,
    );
    const started = tagged(await load(services, rolloutId));
    return {
      ...started,
      status: 201,
      headers: { ...started.headers, Location: `/api/v1/rollouts/${encodeURIComponent(rolloutId)}` },
    };
  },
});

const commands = route({
  ...common,
  name: 'api-rollouts-command',
  method: 'POST',
  access: 'operator',
  path: 'api/v1/rollouts/{id}/commands',
  summary: 'Pause, resume, abort, approve, reject, promote, promote-full, retry or roll back.',
  params: byId,
  body: command,
  output: answer,
  async handle({ params, body }, services, { cause, actor, caller, ifMatch }) {
    await requireRollout(services, params.id, caller);
    const { type, commandId = randomUUID(), reason } = body;
    const expectRev = body.expectRev ?? (ifMatch === undefined ? undefined : Number(ifMatch));
    const wish: Command = {
      type,
      commandId,
      actor,
      ...(reason === undefined ? {} : { reason }),
      ...(expectRev === undefined ? {} : { expectRev }),
    };
    const { rev, started } = await commandRollout(services, params.id, wish, { ...cause, causedBy: commandId });
    const rollout = await load(services, params.id);
    return { status: 202, json: { rollout: toDetail(rollout), rev, started } };
  },
});

export const rolloutRoutes = [list, get, start, commands];
