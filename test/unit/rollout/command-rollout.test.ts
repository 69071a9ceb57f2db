import { describe, expect, it } from 'vitest';
import { applyCommand, COMMAND_TYPES, type CommandType } from '../../../shared/rollout/apply-command.ts';
import { commandRollout, reversed } from '../../../shared/rollout/command-rollout.ts';
import { rolloutId } from '../../../shared/rollout/new-rollout.ts';
import { planRollout } from '../../../shared/rollout/plan-rollout.ts';
import { PHASES, type Phase } from '../../../shared/rollout/rollout.ts';
import { NOW, parseGrid, rolloutIn } from '../../support/rollout-fixtures.ts';
import { CAUSE, createRolloutWorld, policyOf, type RolloutWorld } from '../../support/rollout-world.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

/** What every command does in every phase. `no`: refused; `·`: accepted, nothing to do. */
const GRID = `
                   | pause        | resume | abort | approve  | reject   | promote | promote-full | retry       | rollback
  Queued           | no           | ·      | abort | no       | no       | no      | no           | no          | abort
  Provisioning     | pause-manual | ·      | abort | no       | no       | no      | promoteFull  | no          | abort
  Smoke            | pause-manual | ·      | abort | no       | no       | no      | promoteFull  | no          | abort
  Shifting         | pause-manual | ·      | abort | no       | no       | no      | promoteFull  | no          | abort
  Baking           | pause-manual | ·      | abort | no       | no       | promote | promoteFull  | no          | abort
  AwaitingApproval | pause-manual | ·      | abort | approval | approval | no      | promoteFull  | no          | abort
  Holding          | pause-manual | ·      | abort | no       | no       | no      | no           | no          | abort
  Retiring         | no           | ·      | no    | no       | no       | no      | no           | no          | start-reverse
  RollingBack      | no           | ·      | ·     | no       | no       | no      | no           | no          | ·
  Cleanup          | no           | ·      | ·     | no       | no       | no      | no           | start-retry | ·
  Succeeded        | no           | no     | no    | no       | no       | no      | no           | no          | start-reverse
  RolledBack       | no           | no     | no    | no       | no       | no      | no           | start-retry | no
  Superseded       | no           | no     | no    | no       | no       | no      | no           | start-retry | no
  Cancelled        | no           | no     | no    | no       | no       | no      | no           | start-retry | no
  Failed           | no           | no     | no    | no       | no       | no      | no           | start-retry | no
`;

const outcome = (phase: Phase, type: CommandType): string => {
  const before = rolloutIn(phase);
  try {
    const effect = applyCommand(before, { commandId: 'c', type, actor: 'ada' }, NOW);
    if (effect.kind === 'start') return `start-${effect.what}`;
    const after = { ...before, ...effect.patch };
    const words = [...after.pause.map((reason) => `pause-${reason}`), ...Object.keys(after.latches)];
    return words.length === 0 ? '·' : words.join(' ');
  } catch (error) {
    expect(error).toMatchObject({ code: 'INVALID_STATE' });
    return 'no';
  }
};

describe('a command', () => {
  it.each(parseGrid(GRID))('$column in $row → $cell', ({ row, column, cell }) => {
    expect(outcome(row as Phase, column as CommandType)).toBe(cell);
  });

  it('has every phase and every command in its grid', () => {
    const cells = parseGrid(GRID);
    expect(new Set(cells.map(({ row }) => row))).toEqual(new Set(PHASES));
    expect(new Set(cells.map(({ column }) => column))).toEqual(new Set(COMMAND_TYPES));
  });

  it.each([
    ['manual', { pause: [] }],
    ['inconclusive', { pause: [], extendCount: 0, bakeUntil: NOW + 10 * MINUTE }],
    ['deadline', { pause: [], deadlineAt: NOW + 24 * HOUR }],
    ['approval-timeout', { pause: [], phaseAt: NOW }],
    ['external-change', { pause: [], trafficPut: undefined, refusal: undefined }],
    ['drift', { pause: [] }],
    ['freeze', { pause: ['freeze'] }],
    ['metrics-unavailable', { pause: ['metrics-unavailable'] }],
  ] as const)('resumes what was paused for %s', (reason, patch) => {
    const before = rolloutIn('Baking', { pause: [reason], extendCount: 3 });

    const effect = applyCommand(before, { commandId: 'c', type: 'resume', actor: 'ada' }, NOW);

    expect(effect).toMatchObject({ kind: 'change', patch });
    expect(effect.kind === 'change' && effect.happenings.map(({ type }) => type)).toEqual(
      patch.pause.length === 0 ? ['slipway.rollout.resumed'] : [],
    );
  });

  it('goes straight back: one step, every gate in every step', () => {
    const policy = policyOf({ preset: 'careful', gates: [{ id: 'e', type: 'errorRatio', steps: [3] }] });

    const { steps, gates, approvals } = reversed(policy);

    expect(steps.map((step) => (step.kind === 'traffic' ? step.weight : step.kind))).toEqual(['smoke', 100]);
    expect(gates.map((gate) => gate.steps)).toEqual(['all']);
    expect(approvals).toEqual([]);
  });
});

const POLICY = {
  steps: [
    { kind: 'traffic', weight: 10, bake: 'PT10M', minSamples: 50 },
    { kind: 'traffic', weight: 50, bake: 'PT10M', minSamples: 50 },
    { kind: 'traffic', weight: 100 },
  ],
  analysis: { interval: 'PT30S', ingestionDelay: 'PT10S' },
  approvals: [{ before: 'promote', timeout: 'PT1H' }],
  hold: { duration: 'PT10M' },
};

const TWO = rolloutId('heart', 'heart-classifier', '2', 1);

/** Version 1 is stable and version 2 on its way. */
const begin = async (raw: Record<string, unknown> = POLICY): Promise<RolloutWorld> => {
  const world = createRolloutWorld();
  await world.services.policies.put(policyOf(raw), undefined);
  for (const version of ['1', '2']) {
    await planRollout(world.services, { model: 'heart-classifier', version, tags: {} }, CAUSE);
    if (version === '1') await world.run({ forMs: HOUR });
  }
  return world;
};

const until = (world: RolloutWorld, phase: Phase, id = TWO) =>
  world.run({ forMs: 3 * HOUR, done: async () => (await world.rollout(id)).phase === phase });

let commands = 0;
const send = (world: RolloutWorld, type: CommandType, more: Record<string, unknown> = {}, id = TWO) => {
  commands += 1;
  const command = { commandId: `cmd-${commands}`, type, actor: 'ada', ...more };
  return commandRollout(world.services, id, command, { causedBy: command.commandId, correlationId: 'cor-2' });
};

const phaseOf = async (world: RolloutWorld, id = TWO) => (await world.rollout(id)).phase;

const canaryWeight = (world: RolloutWorld) => {
  const traffic = world.endpoints.trafficOf('heart');
  return Object.entries(traffic).find(([name]) => name.startsWith('v2'))?.[1] ?? 0;
};

describe('commanding a rollout', () => {
  it.each(['Provisioning', 'Shifting', 'Baking', 'AwaitingApproval'] as const)(
    'aborts in %s: no canary traffic one tick and one write later',
    async (phase) => {
      const world = await begin();
      await until(world, phase);

      await send(world, 'abort');
      await world.run({ forMs: 3_000 });

      expect(canaryWeight(world)).toBe(0);
      expect(['Cleanup', 'RollingBack']).toContain(await phaseOf(world));
    },
  );

  it('aborts also what goes to 100 % at once, and what is held there', async () => {
    const world = await begin();
    await until(world, 'Baking');
    await send(world, 'promote-full');
    await until(world, 'Holding');
    expect(canaryWeight(world)).toBe(100);

    await send(world, 'abort');
    await world.run({ forMs: 10_000 });

    expect(canaryWeight(world)).toBe(0);
    expect(world.champions).toEqual(['heart-classifier:1', 'heart-classifier:2', 'heart-classifier:1']);
  });

  it('keeps the reason a stable word, and what the person said for people', async () => {
    const world = await begin();
    await until(world, 'Baking');

    await send(world, 'abort', { reason: 'looks wrong on the dashboard' });
    await world.run({ forMs: 10_000 });

    expect((await world.rollout(TWO)).outcome).toMatchObject({
      reason: 'aborted',
      message: 'aborted by ada: looks wrong on the dashboard',
    });
  });

  it('answers a repeated command as the first time', async () => {
    const world = await begin();
    await until(world, 'Baking');

    const first = await send(world, 'pause', { commandId: 'same' });
    const again = await send(world, 'pause', { commandId: 'same' });

    expect(again).toEqual(first);
    expect(world.journal().filter(({ type }) => type === 'slipway.rollout.paused')).toHaveLength(1);
  });

  it('refuses to promote what its sender has not seen', async () => {
    const world = await begin();
    await until(world, 'Baking');
    const { rev } = await world.rollout(TWO);

    await expect(send(world, 'promote', { expectRev: rev - 1 })).rejects.toMatchObject({ code: 'PRECONDITION_FAILED' });
    await expect(send(world, 'promote', { expectRev: rev })).resolves.toEqual({ rolloutId: TWO, rev: rev + 1 });
  });

  it('stands still while paused and goes on when resumed', async () => {
    const world = await begin();
    await until(world, 'Baking');
    await send(world, 'pause');
    await world.run({ forMs: HOUR });
    expect(canaryWeight(world)).toBe(10);

    await send(world, 'resume');
    await world.run({ forMs: 5_000 });

    expect(canaryWeight(world)).toBe(50);
  });

  it('skips the bake that is under way when promoted', async () => {
    const world = await begin();
    await until(world, 'Baking');
    await send(world, 'promote');
    await world.run({ forMs: 5_000 });

    expect(canaryWeight(world)).toBe(50);
  });

  it('goes on when approved, and back when rejected', async () => {
    const approved = await begin();
    await until(approved, 'AwaitingApproval');
    await send(approved, 'approve');
    await until(approved, 'Succeeded');
    expect(canaryWeight(approved)).toBe(100);

    const rejected = await begin();
    await until(rejected, 'AwaitingApproval');
    await send(rejected, 'reject');
    await rejected.run({ forMs: 5_000 });
    expect(canaryWeight(rejected)).toBe(0);
    expect((await rejected.rollout(TWO)).outcome).toMatchObject({ reason: 'rejected', message: 'rejected by ada' });
  });

  it('goes back when nobody approves in time', async () => {
    const world = await begin();
    await until(world, 'AwaitingApproval');
    await world.run({ forMs: HOUR + MINUTE });

    expect((await world.rollout(TWO)).outcome).toMatchObject({ reason: 'approval-timeout' });
  });

  it('starts another attempt on retry, once per command', async () => {
    const world = await begin();
    await until(world, 'Baking');
    await send(world, 'abort');
    await until(world, 'Cleanup');

    const first = await send(world, 'retry', { commandId: 'again' });
    const second = await send(world, 'retry', { commandId: 'again' });

    expect(first.started).toBe(rolloutId('heart', 'heart-classifier', '2', 2));
    expect(second).toEqual(first);
    await expect(phaseOf(world, first.started)).resolves.toBe('Provisioning');
    await world.run({ forMs: HOUR });
    // The first attempt goes on with its own end.
    await expect(phaseOf(world)).resolves.toBe('RolledBack');
  });

  it('rolls back after success with a rollout of the version before', async () => {
    const world = await begin({ ...POLICY, approvals: [] });
    await until(world, 'Succeeded');
    await expect(send(world, 'abort')).rejects.toThrow('promoted: use rollback');

    const { started = '' } = await send(world, 'rollback');
    await until(world, 'Succeeded', started);

    expect(started).toBe(rolloutId('heart', 'heart-classifier', '1', 2));
    expect(world.champions).toEqual(['heart-classifier:1', 'heart-classifier:2', 'heart-classifier:1']);
    expect(canaryWeight(world)).toBe(0);
  });

  it('says which rollout does not exist', async () => {
    const world = await begin();

    await expect(send(world, 'pause', {}, 'heart.ro_none')).rejects.toMatchObject({ code: 'RESOURCE_DOES_NOT_EXIST' });
    await expect(send(world, 'pause', {}, 'nodot')).rejects.toMatchObject({ code: 'RESOURCE_DOES_NOT_EXIST' });
  });

  it('aborts a document that cannot be read, knowing only what is stable', async () => {
    const world = await begin();
    await until(world, 'Baking');
    const poison = { ...(await world.rollout(TWO)), schemaVersion: 99 };
    await world.documents.commit('heart', [{ op: 'upsert', value: poison }]);
    await expect(send(world, 'pause')).rejects.toMatchObject({ code: 'INVALID_STATE' });

    await send(world, 'abort');

    expect(canaryWeight(world)).toBe(0);
    expect((await world.services.rollouts.readEndpoint('heart'))?.value.activeRolloutId).toBeUndefined();
    expect(world.journal().at(-1)).toMatchObject({
      type: 'slipway.rollout.rolled-back',
      data: { reason: 'forced-abort', actor: 'ada' },
    });
  });
});
